/* SPDX-License-Identifier: BSD-3-Clause */
/* expect: exit 0 */
/* message:  */
#include <osmem/osmem.h>

int main(void)
{
	long local[8] = {0};
	char *p = os_malloc(100);

	if (os_realloc(local + 4, 10) || os_realloc(p + 16, 10))
		return 1;
	os_free(p);
	return os_realloc(p, 10) != NULL;
}
