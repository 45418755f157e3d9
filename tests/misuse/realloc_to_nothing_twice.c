/* SPDX-License-Identifier: BSD-3-Clause */
/* expect: SIGABRT */
/* message: osmem: os_realloc: double free at 0x[0-9a-f]+: .+ */
#include <osmem/osmem.h>

int main(void)
{
	void *p = os_malloc(100);

	os_realloc(p, 0);
	os_realloc(p, 0);
}
