/* SPDX-License-Identifier: BSD-3-Clause */
/* expect: SIGABRT */
/* message: osmem: os_free: interior pointer at 0x[0-9a-f]+: .+ */
#include <osmem/osmem.h>

int main(void)
{
	char *p = os_malloc(100);

	os_free(p + 16);
}
