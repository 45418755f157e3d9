/* SPDX-License-Identifier: BSD-3-Clause */
/* expect: SIGABRT */
/* message: osmem: os_free: foreign pointer at 0x[0-9a-f]+: .+ */
#include <osmem/osmem.h>

int main(void)
{
	void *p = os_malloc(1000000);

	os_free(p);
	os_free(p); /* its mapping is gone, and with it all traces */
}
