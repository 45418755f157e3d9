/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Call sites as people read them: see frames.h.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/osmem/frames.h"

/* %XX becomes the byte. */
static void decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		unsigned byte;
		if (*from == '%' && sscanf(from + 1, "%2x", &byte) == 1 && from[1] && from[2]) {
			*to++ = (char)byte;
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

/* Offsets are from where a module is loaded, but addr2line wants the addresses that are in the file: of a program at a
 * fixed address (ET_EXEC) that is its first segment's. */
static unsigned long module_base(const char *path)
{
	Elf64_Ehdr head;
	Elf64_Phdr segment = {0};
	unsigned long base = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (pread(fd, &head, sizeof head, 0) == sizeof head && memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 &&
	    head.e_ident[EI_CLASS] == ELFCLASS64 && head.e_type == ET_EXEC)
		for (int i = 0; i < head.e_phnum && segment.p_type != PT_LOAD; i++)
			if (pread(fd, &segment, sizeof segment, (off_t)(head.e_phoff + (unsigned)i * sizeof segment)) ==
			        sizeof segment &&
			    segment.p_type == PT_LOAD)
				base = segment.p_vaddr & ~(unsigned long)4095;
	close(fd);
	return base;
}

/* What addr2line prints: a line with the function, one with the place. False: there is none. */
static bool addr2line_ask(const char *path, unsigned long address, char *answer, size_t room)
{
	char text[32];
	int pipe_ends[2];
	size_t n = 0;
	ssize_t got;

	snprintf(text, sizeof text, "0x%lx", address);
	if (pipe2(pipe_ends, O_CLOEXEC) != 0)
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		dup2(pipe_ends[1], STDOUT_FILENO);
		int null = open("/dev/null", O_WRONLY);
		dup2(null, STDERR_FILENO);
		execlp("addr2line", "addr2line", "-C", "-f", "-s", "-e", path, text, (char *)NULL);
		_exit(127);
	}
	close(pipe_ends[1]);
	while (pid > 0 && n < room - 1 && (got = read(pipe_ends[0], answer + n, room - 1 - n)) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	close(pipe_ends[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return n > 0 && strncmp(answer, "??", 2) != 0;
}

/* One frame: FUNCTION (FILE:LINE), FUNCTION (MODULE), or as it was recorded, without folders. */
static void describe_one(FILE *out, char *frame)
{
	char answer[1024];

	decode(frame);
	char *plus = strrchr(frame, '+');
	const char *base = strrchr(frame, '/') ? strrchr(frame, '/') + 1 : frame;
	if (!plus || strncmp(plus, "+0x", 3) != 0) {
		fputs(frame, out);
		return;
	}
	*plus = '\0';
	unsigned long offset = strtoul(plus + 1, NULL, 16);
	bool known = addr2line_ask(frame, module_base(frame) + offset, answer, sizeof answer);
	char *line_end = known ? strchr(answer, '\n') : NULL;
	if (!line_end) {
		fprintf(out, "%s+0x%lx", base, offset);
		return;
	}
	char *where = line_end + 1;
	where[strcspn(where, " \n")] = '\0';
	*line_end = '\0';
	fprintf(out, "%s (%s)", answer, *where == '?' ? base : where);
}

char *frames_describe(const char *site, int count)
{
	char *copy = strdup(site), *text = NULL, *rest = NULL;
	size_t length;
	FILE *out = copy ? open_memstream(&text, &length) : NULL;

	for (char *frame = out ? strtok_r(copy, ";", &rest) : NULL; frame && count > 0; count--) {
		describe_one(out, frame);
		frame = strtok_r(NULL, ";", &rest);
		if (frame && count > 1)
			fputs(" < ", out);
	}
	free(copy);
	return out && fclose(out) == 0 ? text : NULL;
}
