/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Printing without the heap: C11 7.21.6.1 but for floating point, into memory or to a descriptor.
 * A directive, from its '%' to its letter, becomes a field, of which each part may be empty:
 *     | blanks | prefix: sign, 0x | zeros | body: digits or text | blanks |
 * Fields go to a sink: memory, and what to do when it is full (write it to a descriptor, or drop and only count what
 * follows). Padding is a number until it gets there, so a width costs no more than is stored of it. All state is on
 * the stack: a signal handler may interrupt any call and print itself.
 * What the standard leaves open is as in glibc. An unknown directive takes no argument but for its '*'; c, s and p with
 * a length are unknown, too: there are no wide characters.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <osmem/print.h>
#include "framework/port.h"

#define CHUNK_BYTES 256 /* on the stack, which may be a small one */
#define NO_PRECISION SIZE_MAX
#define DIGITS_MAX ((sizeof(uintmax_t) * CHAR_BIT + 2) / 3) /* in base 8 */
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
/* Flags are kept as bits, each at its letter's distance from the blank. */
#define FLAG(letter) (UINT32_C(1) << ((letter) - ' '))
#define ALL_FLAGS (FLAG('-') | FLAG('+') | FLAG(' ') | FLAG('0') | FLAG('#'))

struct sink {
	char *bytes;
	size_t room, used;
	size_t total;                     /* characters printed, stored or not; at most INT_MAX */
	bool (*drain)(struct sink *sink); /* make room, or set failed and give false; NULL: what follows is dropped */
	int fd;
	bool failed;
};

struct directive {
	const struct conversion *conversion; /* NULL: unknown */
	uint32_t flags;
	size_t width, precision;
	size_t size; /* of an integer argument, in bytes; 0: no length was given */
};

struct conversion {
	char letter;
	unsigned char base;
	bool has_sign;
	void (*print)(struct sink *sink, const struct directive *directive, va_list *arguments);
};

struct field {
	char prefix[3];
	size_t prefix_length, zeros, body_length;
	const char *body;
};

static bool sink_drain(struct sink *sink)
{
	for (size_t done = 0; done < sink->used && !sink->failed;) {
		long written = osm_port_write(sink->fd, sink->bytes + done, sink->used - done);

		sink->failed = written <= 0;
		done += (size_t)written;
	}
	sink->used = 0;
	return !sink->failed;
}

/* Adds n characters: those of text or, if that is NULL, n times fill. */
static void sink_add(struct sink *sink, const char *text, char fill, size_t n)
{
	sink->failed = sink->failed || n > (size_t)INT_MAX - sink->total;
	if (sink->failed)
		return;
	sink->total += n;
	for (size_t done = 0, part; done < n; done += part, sink->used += part) {
		if (sink->used == sink->room && (sink->drain == NULL || !sink->drain(sink)))
			return;
		part = n - done < sink->room - sink->used ? n - done : sink->room - sink->used;
		if (text != NULL)
			__builtin_memcpy(sink->bytes + sink->used, text + done, part);
		else
			__builtin_memset(sink->bytes + sink->used, fill, part);
	}
}

static void sink_add_field(struct sink *sink, const struct directive *directive, const struct field *field)
{
	size_t length = field->prefix_length + field->zeros + field->body_length;
	size_t blanks = directive->width > length ? directive->width - length : 0;
	size_t before = directive->flags & FLAG('-') ? 0 : blanks;

	sink_add(sink, NULL, ' ', before);
	sink_add(sink, field->prefix, 0, field->prefix_length);
	sink_add(sink, NULL, '0', field->zeros);
	sink_add(sink, field->body, 0, field->body_length);
	sink_add(sink, NULL, ' ', blanks - before);
}

static void print_number(struct sink *sink, const struct directive *directive, uintmax_t magnitude, bool negative)
{
	const struct conversion *conversion = directive->conversion;
	const char *digits = conversion->letter == 'X' ? "0123456789ABCDEFX" : "0123456789abcdefx";
	uint32_t flags = directive->flags;
	bool marked = (flags & FLAG('#')) != 0 || conversion->letter == 'p';
	size_t digits_min = directive->precision == NO_PRECISION ? 1 : directive->precision;
	char body[DIGITS_MAX], *first = body + sizeof body;
	struct field field = {.body = NULL};

	if (conversion->has_sign && (negative || (flags & (FLAG('+') | FLAG(' '))) != 0))
		field.prefix[field.prefix_length++] = negative ? '-' : flags & FLAG('+') ? '+' : ' ';
	if (marked && conversion->base == 16 && magnitude != 0) {
		field.prefix[field.prefix_length++] = '0';
		field.prefix[field.prefix_length++] = digits[16];
	}
	if (directive->precision == NO_PRECISION && (flags & (FLAG('0') | FLAG('-'))) == FLAG('0') &&
	    directive->width > field.prefix_length)
		digits_min = directive->width - field.prefix_length;
	for (; magnitude != 0; magnitude /= conversion->base)
		*--first = digits[magnitude % conversion->base];
	field.body = first;
	field.body_length = (size_t)(body + sizeof body - first);
	/* The value 0 has no digits: its zero, too, is one to fill up with. */
	if (field.body_length < digits_min)
		field.zeros = digits_min - field.body_length;
	else if (marked && conversion->base == 8)
		field.zeros = 1;
	sink_add_field(sink, directive, &field);
}

/* Reads each type as an unsigned one of its size: all ABIs pass them alike. */
static void print_integer(struct sink *sink, const struct directive *directive, va_list *arguments)
{
	size_t size = directive->size == 0 ? sizeof(int) : directive->size;
	uintmax_t mask = UINTMAX_MAX >> CHAR_BIT * (sizeof(uintmax_t) - size);
	uintmax_t value = size > sizeof(long)  ? va_arg(*arguments, unsigned long long)
	                  : size > sizeof(int) ? va_arg(*arguments, unsigned long)
	                                       : va_arg(*arguments, unsigned int);
	bool negative = directive->conversion->has_sign && (value & mask) > mask / 2;

	print_number(sink, directive, (negative ? 0 - value : value) & mask, negative);
}

static void print_pointer(struct sink *sink, const struct directive *directive, va_list *arguments)
{
	uintptr_t address = (uintptr_t)va_arg(*arguments, void *);

	if (address != 0)
		print_number(sink, directive, address, false);
	else
		sink_add_field(sink, directive, &(struct field){.body = "(nil)", .body_length = sizeof "(nil)" - 1});
}

static void print_character(struct sink *sink, const struct directive *directive, va_list *arguments)
{
	char character = (char)va_arg(*arguments, int);

	sink_add_field(sink, directive, &(struct field){.body = &character, .body_length = 1});
}

static void print_string(struct sink *sink, const struct directive *directive, va_list *arguments)
{
	struct field field = {.body = va_arg(*arguments, const char *)};

	if (field.body == NULL)
		field.body = directive->precision < sizeof "(null)" - 1 ? "" : "(null)";
	while (field.body_length < directive->precision && field.body[field.body_length] != '\0')
		field.body_length++;
	sink_add_field(sink, directive, &field);
}

static const struct conversion conversions[] = {
	{'d', 10, true, print_integer},  {'i', 10, true, print_integer},   {'u', 10, false, print_integer},
	{'x', 16, false, print_integer}, {'X', 16, false, print_integer},  {'o', 8, false, print_integer},
	{'p', 16, true, print_pointer},  {'c', 0, false, print_character}, {'s', 0, false, print_string}};

static const struct length {
	char letter;
	unsigned char size, size_doubled; /* in bytes, with the letter once and twice */
} lengths[] = {{'h', sizeof(short), sizeof(char)},
               {'l', sizeof(long), sizeof(long long)},
               {'z', sizeof(size_t), 0},
               {'t', sizeof(ptrdiff_t), 0},
               {'j', sizeof(intmax_t), 0}};

/* Reads digits, perhaps none, or '*'; only the latter can give a negative number. */
static const char *parse_number(const char *at, va_list *arguments, int64_t *number)
{
	*number = 0;
	if (*at == '*') {
		*number = va_arg(*arguments, int);
		return at + 1;
	}
	for (; *at >= '0' && *at <= '9'; at++) {
		*number = *number * 10 + (*at - '0');
		if (*number > INT_MAX)
			*number = (int64_t)INT_MAX + 1; /* stands for all that are too long to be returned */
	}
	return at;
}

/* Reads what follows a '%' and gives where it ends. */
static const char *parse_directive(const char *at, va_list *arguments, struct directive *directive)
{
	int64_t number;

	for (; *at >= ' ' && *at <= '0' && (ALL_FLAGS & FLAG(*at)) != 0; at++)
		directive->flags |= FLAG(*at);
	at = parse_number(at, arguments, &number);
	directive->flags |= number < 0 ? FLAG('-') : 0;
	directive->width = (size_t)(number < 0 ? -number : number);
	if (*at == '.') {
		at = parse_number(at + 1, arguments, &number);
		directive->precision = number < 0 ? NO_PRECISION : (size_t)number;
	}
	for (size_t i = 0; i < COUNT_OF(lengths) && directive->size == 0; i++)
		if (*at == lengths[i].letter) {
			bool doubled = lengths[i].size_doubled != 0 && at[1] == *at;

			directive->size = doubled ? lengths[i].size_doubled : lengths[i].size;
			at += doubled ? 2 : 1;
		}
	for (size_t i = 0; i < COUNT_OF(conversions); i++)
		if (*at == conversions[i].letter && (directive->size == 0 || conversions[i].print == print_integer))
			directive->conversion = &conversions[i];
	return *at == '\0' ? at : at + 1;
}

static void print_all(struct sink *sink, const char *format, va_list list)
{
	va_list arguments; /* a parameter of this type may be a pointer, whose address is of no use */

	va_copy(arguments, list);
	for (const char *end; *format != '\0' && !sink->failed; format = end) {
		struct directive directive = {.precision = NO_PRECISION};

		end = format + 1;
		if (*format == '%')
			end = parse_directive(end, &arguments, &directive);
		else
			while (*end != '\0' && *end != '%')
				end++;
		if (directive.conversion != NULL)
			directive.conversion->print(sink, &directive, &arguments);
		else if (end[-1] == '%') /* "%%", whatever stands between */
			sink_add(sink, NULL, '%', 1);
		else
			sink_add(sink, format, 0, (size_t)(end - format));
	}
	va_end(arguments);
}

int osm_vsnprintf(char *buffer, size_t n, const char *format, va_list arguments)
{
	struct sink sink = {.bytes = buffer, .room = n > 0 ? n - 1 : 0};

	print_all(&sink, format, arguments);
	if (n > 0)
		buffer[sink.used] = '\0';
	return sink.failed ? -1 : (int)sink.total;
}

int osm_snprintf(char *buffer, size_t n, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = osm_vsnprintf(buffer, n, format, arguments);
	va_end(arguments);
	return length;
}

int osm_vdprintf(int fd, const char *format, va_list arguments)
{
	char chunk[CHUNK_BYTES];
	struct sink sink = {.bytes = chunk, .room = sizeof chunk, .drain = sink_drain, .fd = fd};

	print_all(&sink, format, arguments);
	return sink_drain(&sink) ? (int)sink.total : -1;
}

int osm_dprintf(int fd, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = osm_vdprintf(fd, format, arguments);
	va_end(arguments);
	return length;
}

int osm_printf(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = osm_vdprintf(1, format, arguments);
	va_end(arguments);
	return length;
}
