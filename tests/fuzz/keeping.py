# SPDX-License-Identifier: BSD-3-Clause
"""Which inputs stay in tests/fuzz/corpus. Named ones were written by hand or by seeds.py and always do.
Numbered ones were found by a fuzzer: the fewest, of all there are, that reach every edge which the named
ones do not."""
import os
import re
import shutil
import subprocess
import tempfile

FILES = 60  # numbered ones, at most: the first reach most


def is_numbered(name):
    return re.fullmatch(r'\d{3}', name)


def choose(name, build, corpus):
    """Paths, the most useful first. libFuzzer writes them in the order of what each adds."""
    with tempfile.TemporaryDirectory(dir=build) as work:
        named, chosen, numbered = (os.path.join(work, part) for part in ('named', 'chosen', 'numbered'))
        for folder in (named, chosen, numbered):
            os.makedirs(folder)
        for each in os.listdir(corpus):
            shutil.copy(os.path.join(corpus, each), numbered if is_numbered(each) else named)
        shutil.copytree(named, chosen, dirs_exist_ok=True)
        sources = [numbered]
        if os.path.isdir(os.path.join(build, 'corpus', name)):
            sources.append(os.path.join('corpus', name))
        with open(os.path.join(build, name + '.merge.log'), 'wb') as log:
            subprocess.run(['tests/fuzz/fuzz-' + name, '-set_cover_merge=1', '-use_counters=0', chosen,
                            *sources], cwd=build, stdout=log, stderr=log, check=True)
        new = [os.path.join(chosen, each) for each in os.listdir(chosen)
               if not os.path.exists(os.path.join(named, each))]
        new.sort(key=lambda path: (os.stat(path).st_mtime_ns, path))
        return [open(path, 'rb').read() for path in new[:FILES]], len(new)


def keep(name, build, corpora):
    corpus = os.path.join(corpora, name)
    contents, useful = choose(name, build, corpus)
    for each in os.listdir(corpus):
        if is_numbered(each):
            os.unlink(os.path.join(corpus, each))
    for number, content in enumerate(contents, 1):
        with open(os.path.join(corpus, '%03d' % number), 'wb') as file:
            file.write(content)
    print('%-11s keeps %d of %d inputs that were found, and %d that were written' % (
        name, len(contents), useful, len(os.listdir(corpus)) - len(contents)))
