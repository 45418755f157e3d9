/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The system refuses one kind of call from some moment on, as under a sandbox or at a limit. A malloc may fail then; what
 * it gave out stays good, and nothing crashes.
 */
#define _GNU_SOURCE
#include "tests/trust/contract/contract.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { BLOCKS = 100 };

/* From now on the calls with these numbers answer with ENOMEM. */
static void refuse(long first, long second)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)first, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)second, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof rules / sizeof *rules, rules};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		cannot_run("the system has no filters for its calls");
}

static const size_t sizes[] = {10, 100, 700, 3000, 20000, 150000, 700000, (size_t)5 << 20};

/* Blocks before; then the call is refused; then all that a program does: with NULL as a fair answer. */
static void live_without(long first, long second)
{
	static struct {
		char *p;
		size_t n;
	} blocks[BLOCKS];

	work_at_random(1, 2000);
	for (unsigned i = 0; i < BLOCKS; i++) {
		blocks[i].n = sizes[i % (i < 40 ? 8 : 5)];
		blocks[i].p = get(blocks[i].n);
		REQUIRE(blocks[i].p);
		fill(blocks[i].p, blocks[i].n, i);
	}
	refuse(first, second);
	for (unsigned i = 0; i < BLOCKS; i++) {
		size_t n = sizes[(i * 5 + 3) % 8], least = n < blocks[i].n ? n : blocks[i].n;
		char *q;

		REQUIRE(is_filled(blocks[i].p, blocks[i].n, i));
		errno = 0;
		q = i % 3 == 0 ? change(blocks[i].p, n) : i % 3 == 1 ? get(n) : get_zeroed(1, n);
		if (!q) {
			REQUIRE(errno == ENOMEM);
			REQUIRE(is_filled(blocks[i].p, blocks[i].n, i));
			continue;
		}
		if (i % 3 == 0)
			REQUIRE(is_filled(q, least, i));
		else if (i % 3 == 2)
			REQUIRE(is_zero(q, n));
		if (i % 3 != 0)
			give(blocks[i].p);
		blocks[i].p = q;
		blocks[i].n = n;
		fill(q, n, i);
	}
	for (unsigned i = 0; i < BLOCKS; i++) {
		REQUIRE(is_filled(blocks[i].p, blocks[i].n, i));
		give(blocks[i].p);
	}
	malloc_trim(0);
}

static void without_mmap(size_t n)
{
	(void)n;
	live_without(SYS_mmap, SYS_mmap);
}

static void without_munmap(size_t n)
{
	(void)n;
	live_without(SYS_munmap, SYS_munmap);
}

static void without_mremap(size_t n)
{
	(void)n;
	live_without(SYS_mremap, SYS_mremap);
}

static void without_madvise(size_t n)
{
	(void)n;
	live_without(SYS_madvise, SYS_madvise);
}

static void without_mprotect(size_t n)
{
	(void)n;
	live_without(SYS_mprotect, SYS_mprotect);
}

static void without_mmap_and_mprotect(size_t n)
{
	(void)n;
	live_without(SYS_mmap, SYS_mprotect);
}

static void without_munmap_and_madvise(size_t n)
{
	(void)n;
	live_without(SYS_munmap, SYS_madvise);
}

static void without_getrandom(size_t n)
{
	(void)n;
	live_without(SYS_getrandom, SYS_getrandom);
}

static void without_sched_calls(size_t n)
{
	(void)n;
	live_without(SYS_sched_yield, SYS_sched_getaffinity);
}

const struct contract contract_calls[] = {
	{"without-mmap", false, without_mmap},
	{"without-munmap", false, without_munmap},
	{"without-mremap", false, without_mremap},
	{"without-madvise", false, without_madvise},
	{"without-mprotect", false, without_mprotect},
	{"without-mmap-and-mprotect", false, without_mmap_and_mprotect},
	{"without-munmap-and-madvise", false, without_munmap_and_madvise},
	{"without-getrandom", false, without_getrandom},
	{"without-sched-calls", false, without_sched_calls},
	{NULL, false, NULL},
};
