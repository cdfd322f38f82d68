/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ingress drop: a clsact qdisc with a classifier before all others, whose whole program is
 * "drop". tc holds it, so it stays when the daemon dies. Packet sockets see frames before it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ctl/iface_internal.h"

#define DROP_KIND     "bpf"
#define DROP_NAME     "encrypter_drop"
#define DROP_HANDLE   0x656e6372u /* by which it is known again */
#define DROP_PRIORITY 1u

#define INGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
#define EGRESS  TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)

static int load_program(void)
{
	static const struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = TC_ACT_SHOT},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.insns = (uint64_t)(uintptr_t)program;
	attr.insn_cnt = sizeof(program) / sizeof(program[0]);
	attr.license = (uint64_t)(uintptr_t)"BSD";
	memcpy(attr.prog_name, DROP_NAME, sizeof(DROP_NAME));
	long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	return fd < 0 ? -errno : (int)fd;
}

static struct nlmsghdr *tc_request(struct netlink_message *m, const struct iface *iface,
	uint16_t type, uint16_t flags, uint32_t parent)
{
	struct nlmsghdr *request = netlink_request(m, type, flags, sizeof(struct tcmsg));
	struct tcmsg *tc = mnl_nlmsg_get_payload(request);

	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)iface->index;
	tc->tcm_parent = parent;
	return request;
}

static struct nlmsghdr *filter_request(struct netlink_message *m, const struct iface *iface,
	uint16_t type, uint16_t flags)
{
	struct nlmsghdr *request = tc_request(m, iface, type, flags, INGRESS);
	struct tcmsg *tc = mnl_nlmsg_get_payload(request);

	tc->tcm_handle = DROP_HANDLE;
	tc->tcm_info = TC_H_MAKE(DROP_PRIORITY << 16, htons(ETH_P_ALL));
	mnl_attr_put_strz(request, TCA_KIND, DROP_KIND);
	return request;
}

struct filters {
	unsigned ours;
	unsigned others;
};

/* A chain is told once without a handle, then each of its filters. */
static int count_filter(const struct nlmsghdr *message, void *context)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	struct filters *filters = context;
	const struct nlattr *attr;
	bool kind = false;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*tc)) || tc->tcm_handle == 0)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, message, sizeof(*tc)) {
		if (mnl_attr_get_type(attr) == TCA_KIND &&
			mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			kind = strcmp(mnl_attr_get_str(attr), DROP_KIND) == 0;
	}
	if (kind && tc->tcm_handle == DROP_HANDLE && TC_H_MAJ(tc->tcm_info) >> 16 == DROP_PRIORITY)
		filters->ours++;
	else
		filters->others++;
	return MNL_CB_OK;
}

/* Without a clsact there are no filters to count: that is no error here. */
static struct filters count_filters(const struct iface *iface, struct netlink *n, uint32_t parent)
{
	struct filters filters = {0};
	struct netlink_message m;

	netlink_do(n, tc_request(&m, iface, RTM_GETTFILTER, NLM_F_DUMP, parent), count_filter,
		&filters);
	return filters;
}

bool iface_drop_present(const struct iface *iface, struct netlink *n)
{
	return count_filters(iface, n, INGRESS).ours > 0;
}

static struct nlmsghdr *qdisc_request(struct netlink_message *m, const struct iface *iface,
	uint16_t type, uint16_t flags)
{
	struct nlmsghdr *request = tc_request(m, iface, type, flags, TC_H_CLSACT);
	struct tcmsg *tc = mnl_nlmsg_get_payload(request);

	tc->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	mnl_attr_put_strz(request, TCA_KIND, "clsact");
	return request;
}

static int put_filter(const struct iface *iface, struct netlink *n, int program)
{
	struct netlink_message m;
	struct nlmsghdr *request = filter_request(&m, iface, RTM_NEWTFILTER, NLM_F_CREATE);
	struct nlattr *options = mnl_attr_nest_start(request, TCA_OPTIONS);

	mnl_attr_put_u32(request, TCA_BPF_FD, (uint32_t)program);
	mnl_attr_put_strz(request, TCA_BPF_NAME, DROP_NAME);
	mnl_attr_put_u32(request, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(request, options);
	return netlink_do(n, request, NULL, NULL);
}

int iface_drop_install(struct iface *iface, struct netlink *n)
{
	struct netlink_message m;
	int program = load_program();

	if (program < 0)
		return program;
	int rc = netlink_do(n, qdisc_request(&m, iface, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL),
		NULL, NULL);
	bool created = rc == 0;
	if (created || rc == -EEXIST)
		rc = put_filter(iface, n, program);
	close(program);
	if (rc != 0 && created)
		netlink_do(n, qdisc_request(&m, iface, RTM_DELQDISC, 0), NULL, NULL);
	iface->drop_made = iface->drop_made || created;
	return rc;
}

int iface_drop_remove(const struct iface *iface, struct netlink *n)
{
	struct netlink_message m;

	int rc = netlink_do(n, filter_request(&m, iface, RTM_DELTFILTER, 0), NULL, NULL);
	if (!iface->drop_made || count_filters(iface, n, INGRESS).others > 0 ||
		count_filters(iface, n, EGRESS).others > 0)
		return rc == -ENOENT ? 0 : rc;
	return netlink_do(n, qdisc_request(&m, iface, RTM_DELQDISC, 0), NULL, NULL);
}
