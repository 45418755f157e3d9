/* SPDX-License-Identifier: BSD-3-Clause */
/* expect: SIGABRT */
/* message: osmem: os_free: double free at 0x[0-9a-f]+: the block is free already */
#include <osmem/osmem.h>

int main(void)
{
	void *p = os_malloc(100);
	void *q = os_malloc(100);

	os_free(p);
	os_free(p);
	os_free(q);
}
