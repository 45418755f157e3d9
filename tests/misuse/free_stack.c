/* SPDX-License-Identifier: BSD-3-Clause */
/* expect: SIGABRT */
/* message: osmem: os_free: foreign pointer at 0x[0-9a-f]+: .+ */
#include <osmem/osmem.h>

int main(void)
{
	long local[8] = {0};

	os_free(local + 4);
}
