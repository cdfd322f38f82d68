/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Guarded memory costs pages and mappings of its own: thousands of devices in one process would use
 * up what the kernel allows. The keys of a test are no secret, so the linker puts these in its place.
 */
#include <stdlib.h>

void *__wrap_secret_alloc(size_t length);
void __wrap_secret_free(void *bytes);

void *__wrap_secret_alloc(size_t length)
{
	void *bytes = NULL;

	if (posix_memalign(&bytes, 64, length) != 0)
		return NULL;
	for (size_t i = 0; i < length; i++)
		((char *)bytes)[i] = 0;
	return bytes;
}

void __wrap_secret_free(void *bytes)
{
	free(bytes);
}
