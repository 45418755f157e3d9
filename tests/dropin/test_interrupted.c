/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A signal handler that frees and allocates at every instruction of a change of slabs, of a thread's end, and of what rows
 * of waiting blocks go through.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "framework/dropin/central.h"
#include "framework/dropin/classes.h"
#include "framework/dropin/family.h"
#include "framework/dropin/front.h"
#include "framework/dropin/slab.h"
#include "framework/dropin/waiting.h"
#include "tests/dropin/interrupted.h"

/* Blocks, and changes of slabs that are traced. */
enum { MANY = 70, FEW = 8, WAITING = 24, TRACED = 3 };

/* ---- While slabs change */

static bool changes_slabs(void)
{
	return front_thread.busy;
}

/* Free every fourth of some blocks. */
static void *drop_some(void *blocks)
{
	for (int i = 0; i < MANY; i += 4)
		if (!drop(((char **)blocks)[i], 'm'))
			is_good = false;
	return NULL;
}

/* Will the slab's state change when p is freed? */
static bool is_event(const char *p)
{
	return slab_holds(p) && slab_of(p)->until == 1;
}

/* Blocks go and come, so that slabs change their states and lists are filled; the first changes are traced, until the
 * handler has come. Some blocks come home as those that others freed. */
static void *change(void *unused)
{
	size_t class = class_of(SIZE);
	char *mine[MANY];
	int events = 0, refills = 0;
	pthread_t other;

	for (int i = 0; i < MANY; i++)
		mine[i] = make('m');
	handlers = make('h');
	if (pthread_create(&other, NULL, drop_some, mine) != 0)
		is_good = false;
	else
		pthread_join(other, NULL);
	for (int i = 0; i < MANY; i++) {
		int at = i * 3 % MANY;

		if (at % 4 == 0)
			continue;
		if (mine[at][0] != 'm')
			is_good = false;
		if (is_event(mine[at]) && steps_left > 0 && events++ < TRACED)
			trace_begin();
		family_free(mine[at]);
		trace_end();
	}
	for (int i = 0; i < MANY / 2; i++) {
		bool is_refill = !front_thread.lists[class];

		if (is_refill && steps_left > 0 && refills++ < TRACED)
			trace_begin();
		mine[i] = family_malloc(SIZE);
		trace_end();
		memset(mine[i], 'm', SIZE);
	}
	for (int i = 0; i < MANY / 2; i++)
		if (!drop(mine[i], 'm'))
			is_good = false;
	if (!drop(handlers, 'h'))
		is_good = false;
	return unused;
}

static void handler_at_every_instruction_loses_nothing(void **state)
{
	(void)state;
	at_steps(change, changes_slabs, 5);
}

/* ---- At a thread's end */

static pthread_key_t last_key;
static const char first_round, last_round;

static bool ends(void)
{
	return front_thread.busy || front_thread.ended;
}

/* The drop-in's keys are older, so this comes after what they do in each round. */
static void after_the_others(void *round)
{
	if (round == &first_round) {
		pthread_setspecific(last_key, &last_round);
		return;
	}
	trace_end();
	if (!drop(handlers, 'h'))
		is_good = false;
}

/* Ends with blocks on its list, and freed ones that wait. */
static void *come_and_go(void *unused)
{
	char *mine[FEW];

	for (int i = 0; i < FEW; i++)
		mine[i] = make('m');
	for (int i = 0; i < FEW; i++)
		if (!drop(mine[i], 'm'))
			is_good = false;
	handlers = make('h');
	pthread_setspecific(last_key, &first_round);
	trace_begin();
	return unused;
}

static void handler_at_every_instruction_of_an_end_loses_nothing(void **state)
{
	(void)state;
	assert_int_equal(pthread_key_create(&last_key, after_the_others), 0);
	at_steps(come_and_go, ends, 11);
	pthread_key_delete(last_key);
}

/* ---- While freed blocks begin to wait, and end to */

static volatile bool was_in_heap;

/* In the heap, for the rows, and not yet through with them. */
static bool begins_to_wait(void)
{
	was_in_heap = was_in_heap || central_is_entered();
	return was_in_heap && waiting_thread == &waiting_none;
}

/* Its first free. */
static void *free_first(void *unused)
{
	char *mine = make('m');

	handlers = make('h');
	was_in_heap = false;
	trace_begin();
	family_free(mine);
	trace_end();
	if (!drop(handlers, 'h'))
		is_good = false;
	return unused;
}

static void handler_in_the_middle_of_a_first_free_loses_nothing(void **state)
{
	(void)state;
	at_steps(free_first, begins_to_wait, 1501);
}

static bool flushes(void)
{
	return true;
}

/* The handler takes a block of those that wait; else there is one on the list, and it disturbs no slab. */
static void *flush(void *unused)
{
	char *mine[WAITING + 1];
	int count = 0;

	do
		mine[count++] = make('m');
	while (count < WAITING || (count == WAITING && !front_thread.lists[class_of(slab_room(SIZE))]));
	for (int i = 0; i < count; i++)
		family_free(mine[i]);
	handlers = NULL;
	trace_begin();
	waiting_flush();
	trace_end();
	for (int i = 0; i < count; i++)
		mine[i] = make('m');
	if (!drop(handlers, 'h'))
		is_good = false;
	for (int i = 0; i < count; i++)
		if (!drop(mine[i], 'm'))
			is_good = false;
	return unused;
}

static void handler_in_the_middle_of_a_flush_gets_nobodys_block(void **state)
{
	(void)state;
	at_steps(flush, flushes, 11);
}

static int without_waiting(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handler_at_every_instruction_loses_nothing),
		cmocka_unit_test(handler_at_every_instruction_of_an_end_loses_nothing),
	};

	return cmocka_run_group_tests_name("interrupted", tests, NULL, NULL);
}

static int with_waiting(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handler_at_every_instruction_of_an_end_loses_nothing),
		cmocka_unit_test(handler_in_the_middle_of_a_first_free_loses_nothing),
		cmocka_unit_test(handler_in_the_middle_of_a_flush_gets_nobodys_block),
	};

	return cmocka_run_group_tests_name("interrupted-waiting", tests, NULL, NULL);
}

/* At level 2 too a call shall change the slab of the block that it frees. */
int main(int argc, char **argv)
{
	(void)argc;
	return with_and_without_waiting(argv, without_waiting, with_waiting);
}
