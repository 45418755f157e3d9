/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * osmem on a machine without anything: an Arm Cortex-M3 with 64 KiB of memory, as qemu's lm3s6965evb is. No start-up code
 * but this, no C library. What happens is told through semihosting, which is how such a program speaks to its emulator.
 */
#include "osmem.h"

static char memory[32 << 10];

extern char stack_top[], bss_start[], bss_end[], data_start[], data_end[], data_image[];
void reset(void);
void fault(void);

static long semihosting(long operation, const void *argument)
{
	register long r0 __asm__("r0") = operation;
	register const void *r1 __asm__("r1") = argument;

	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
	return r0;
}

static void print(const char *text)
{
	semihosting(0x04, text); /* SYS_WRITE0 */
}

static _Noreturn void end(bool is_well)
{
	semihosting(0x18, (const void *)(is_well ? 0x20026L : 0x20023L)); /* SYS_EXIT: application exit, run-time error */
	for (;;)
		;
}

static void check(bool holds, const char *what)
{
	if (holds)
		return;
	print("not so: ");
	print(what);
	print("\n");
	end(false);
}

/* Blocks until the arena is full, each with the one before in it; how many. */
static unsigned fill(void **last)
{
	unsigned n = 0;

	for (void **p; (p = os_malloc(200)) != NULL; n++) {
		*p = *last;
		*last = p;
	}
	return n;
}

static void told(struct osm_heap *heap, const char *call, const struct osm_fault *fault)
{
	(void)heap;
	print(call);
	print(": ");
	print(osm_fault_name(fault->kind));
	print("\n");
}

static void run(void)
{
	char text[80], *p;
	void *last = NULL;
	unsigned n;

	check(!os_malloc(1), "an arena without memory gives none");
	osm_arena_init(&osm_arena, memory, sizeof memory);
	p = os_calloc(50, 10);
	check(p && p >= memory && p + 500 <= memory + sizeof memory, "a block lies in the arena");
	check(p[0] == 0 && p[499] == 0, "os_calloc clears");
	p[499] = 7;
	p = os_realloc(p, 2000);
	check(p && p[499] == 7, "os_realloc keeps");
	os_free(p);
	n = fill(&last);
	check(n > 100, "a full arena holds most of itself");
	while (last) {
		void *next = *(void **)last;

		os_free(last);
		last = next;
	}
	check(fill(&last) == n, "what is free serves again");
	check(osm_heap_check(osm_default_heap(), NULL), "the heap is well");
	osm_set_error_handler(told);
	os_free(text);
	osm_snprintf(text, sizeof text, "%u blocks of 200 bytes in %zu\n", n, sizeof memory);
	print(text);
}

/* Where the processor begins. */
void reset(void)
{
	for (char *from = data_image, *to = data_start; to < data_end;)
		*to++ = *from++;
	for (char *p = bss_start; p < bss_end;)
		*p++ = 0;
	run();
	end(true);
}

/* Where it goes when something is wrong. */
void fault(void)
{
	print("a fault of the processor\n");
	end(false);
}

__attribute__((section(".vectors"), used)) static void *const vectors[] = {
	stack_top, (void *)reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault, (void *)fault,
};
