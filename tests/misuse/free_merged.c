/* SPDX-License-Identifier: BSD-3-Clause */
/* expect: SIGABRT */
/* message: osmem: os_free: double free at 0x[0-9a-f]+: .+ */
#include <osmem/osmem.h>

int main(void)
{
	void *p = os_malloc(100);
	void *q = os_malloc(100);
	void *r = os_malloc(100);

	os_free(p);
	os_free(q); /* one block with p now */
	os_free(q);
	os_free(r);
}
