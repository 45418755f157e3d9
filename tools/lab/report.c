#include "tools/lab/report.h"
bool report_is_possible(void){return true;}
bool report_write(const struct contest *contest, const char *path){(void)contest;(void)path;return true;}
