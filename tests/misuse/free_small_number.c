/* SPDX-License-Identifier: BSD-3-Clause */
/* expect: SIGABRT */
/* message: osmem: os_free: foreign pointer at 0x8: .+ */
#include <osmem/osmem.h>

int main(void)
{
	os_free((void *)8);
}
