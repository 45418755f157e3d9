/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The four calls: primes by Eratosthenes' sieve, in a table that os_calloc zeroes and a list that os_realloc lets grow.
 */
#include <errno.h>
#include <osmem/osmem.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LIMIT = 60 };

struct list {
	int *items;
	size_t count, room;
};

//! [grow]
static int list_add(struct list *list, int item)
{
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 4;
		int *items = os_realloc(list->items, room * sizeof *items);

		if (!items)
			return -1; /* the old block is as it was */
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = item;
	return 0;
}
//! [grow]

int main(void)
{
	struct list primes = {0};
	int failed = 0;

	//! [four calls]
	char *title = os_malloc(sizeof "primes:");
	unsigned char *composite = os_calloc(LIMIT, sizeof *composite);

	if (!title || !composite)
		return 1;
	strcpy(title, "primes:");
	for (int n = 2; n < LIMIT && !failed; n++) {
		if (composite[n])
			continue;
		failed = list_add(&primes, n);
		for (int multiple = 2 * n; multiple < LIMIT; multiple += n)
			composite[multiple] = 1;
	}
	fputs(title, stdout);
	for (size_t i = 0; i < primes.count; i++)
		printf(" %d", primes.items[i]);
	os_free(primes.items);
	os_free(composite);
	os_free(title);
	//! [four calls]

	//! [overflow]
	errno = 0;
	void *nothing = os_calloc(SIZE_MAX / 2, 3);

	printf("\ntoo much: %s\n", !nothing && errno == ENOMEM ? "NULL and ENOMEM" : "what?");
	//! [overflow]
	return failed ? 1 : 0;
}

/* output:
primes: 2 3 5 7 11 13 17 19 23 29 31 37 41 43 47 53 59
too much: NULL and ENOMEM
*/
