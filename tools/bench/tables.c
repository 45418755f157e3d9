/* SPDX-License-Identifier: BSD-3-Clause */
/* The results for people: see tables.h. */
#include <stdio.h>
#include <string.h>

#include "tools/bench/tables.h"
#include "tools/text.h"

/* Bytes of a figure in a table, with its unit. */
#define FIGURE 11

/* A time with its unit and three digits or so. */
static struct text text_ns(double ns)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	size_t unit = 0;
	struct text text;

	while (ns >= 1000 && unit < 3) {
		ns /= 1000;
		unit++;
	}
	snprintf(text.s, sizeof text.s, "%.*f %s", ns >= 100 ? 0 : ns >= 10 ? 1 : 2, ns, units[unit]);
	return text;
}

static struct text text_unknown(void)
{
	return (struct text){"-"};
}

static struct text text_number(bool known, double number)
{
	struct text text = text_unknown();

	if (known)
		snprintf(text.s, sizeof text.s, "%.2f", number);
	return text;
}

static struct text text_percent(bool known, double share)
{
	struct text text = text_unknown();

	if (known)
		snprintf(text.s, sizeof text.s, "%.1f%%", 100 * share);
	return text;
}

static struct text text_quantile(const struct samples *samples, double share)
{
	return samples->count > 0 ? text_ns(samples_quantile(samples, share)) : text_unknown();
}

/* The widths of the two columns that name an allocator. */
struct widths {
	int name, layout;
};

static struct widths widths_of(const struct board *board)
{
	struct widths widths = {(int)strlen("allocator"), (int)strlen("layout")};

	for (size_t i = 0; i < board->subject_count; i++) {
		const struct subject *subject = &board->subjects[i];
		int name = (int)strlen(subject->name), layout = subject->layout ? (int)strlen(subject->layout) : 1;
		widths.name = name > widths.name ? name : widths.name;
		widths.layout = layout > widths.layout ? layout : widths.layout;
	}
	return widths;
}

static void print_names(struct widths widths, const char *name, const char *layout)
{
	printf("%-*s  %-*s", widths.name, name, widths.layout, layout ? layout : "-");
}

static void print_figure(struct text text)
{
	printf("  %*s", FIGURE, text.s);
}

static void load_row(const struct board *board, const struct cell *cell, struct widths widths)
{
	double ratio = 0, share = 0;
	bool measured = cell->ns.count > 0;

	print_names(widths, cell->subject->name, cell->subject->layout);
	if (!measured) {
		printf("  %s\n", *cell->note ? cell->note : "not measured");
		return;
	}
	bool related = board_ratio(board, cell, false, &ratio), filled = cell_utilisation(cell, false, &share);
	print_figure(text_quantile(&cell->ns, 0.5));
	print_figure(cell->ns.count > 1 ? text_ns(samples_spread(&cell->ns)) : text_unknown());
	print_figure(text_number(related, ratio));
	print_figure(text_quantile(&cell->first_ns, 0.5));
	print_figure(text_quantile(&cell->p999, 0.5));
	print_figure(text_quantile(&cell->worst, 0));
	print_figure(text_number(cell->counts_steps, cell->steps));
	print_figure(text_percent(filled, share));
	filled = cell_utilisation(cell, true, &share);
	print_figure(text_percent(filled, share));
	if (cell->prefix)
		printf("  first %s operations only", text_count(cell->end - cell->load->timed_from).s);
	else if (cell->first_only)
		printf("  first run only");
	if (*cell->note)
		printf("  %s", cell->note);
	putchar('\n');
}

static void load_table(const struct board *board, size_t number, struct widths widths)
{
	static const char *const heads[] = {"time/op", "spread",   "time/glibc",  "first/op", "p99.9",
	                                    "worst",   "steps/op", "utilisation", "granule 8"};
	static const char *const what[] = {
		[LOAD_TRACE] = "a recorded program",
		[LOAD_STEADY] = "a random block is freed, another allocated, again and again",
		[LOAD_RAMP] = "all are allocated, then freed in random order",
	};
	const struct load *load = &board->loads[number];

	printf("%s: %s; operations %s, peak payload %s\n\n", load->name, what[load->kind],
	       text_count(load->end - load->timed_from).s, text_bytes(load->peak_bytes).s);
	print_names(widths, "allocator", "layout");
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		printf("  %*s", FIGURE, heads[i]);
	putchar('\n');
	for (size_t i = 0; i < board->subject_count; i++)
		load_row(board, board_cell(board, i, number), widths);
	putchar('\n');
}

static void loads_caption(void)
{
	printf(
		"time/op      time an operation takes in warm runs: the load was run once in this process, all blocks were "
		"freed,\n"
		"             and it is run again. The median of these runs, and of up to %d rounds, each in a fresh process\n"
		"spread       how far apart the middle half of the rounds lies (interquartile range)\n"
		"time/glibc   time/op as a multiple of that of " SUBJECT_REFERENCE " on the same load; below 1 is faster\n"
		"first/op     time an operation takes in the first run, which pays for the page faults\n"
		"p99.9        what one operation in a thousand exceeds; worst: the slowest, in the best of the rounds; first "
		"runs\n"
		"steps/op     blocks or nodes that a policy looked at for an operation, where it counts them\n"
		"utilisation  peak payload as asked for / peak heap. The heap of a policy is its %s;\n"
		"             of glibc %s; of the others %s\n"
		"granule 8    utilisation of a policy that aligns payloads to 8 bytes, where it can; all else is measured with "
		"16,\n"
		"             which is what malloc must give\n"
		"first ...    so many operations were done in the time limit, once, and all figures are about them; or all\n"
		"             were done, but once only. Then time/op is that of the first run, too\n",
		SAMPLES_MAX, footprint_kinds[FOOTPRINT_REGIONS], footprint_kinds[FOOTPRINT_MALLINFO],
		footprint_kinds[FOOTPRINT_ANONYMOUS]);
	printf(
		"A policy runs alone, without heap and lock, and trusts its caller: no ledger, no look for damage.\n"
		"Of a payload the first and the last byte are written. Between runs nobody gives memory back: where peers are\n"
		"timed they are set to keep it, as far as they can be.\n\n");
}

static void needle_row(const struct board *board, size_t subject, bool frees, struct widths widths)
{
	double exponent = 0;

	print_names(widths, board->subjects[subject].name, board->subjects[subject].layout);
	printf("  %-5s", frees ? "free" : "alloc");
	for (size_t load = 0; load < board->load_count; load++) {
		const struct cell *cell = board_cell(board, subject, load);
		if (cell->load->kind != LOAD_NEEDLE)
			continue;
		if (cell->ns.count == 0 && *cell->note)
			printf("  %*.*s", FIGURE, FIGURE, cell->note);
		else
			print_figure(text_quantile(frees ? &cell->free_ns : &cell->ns, 0.5));
	}
	bool known = board_exponent(board, subject, frees, &exponent);
	print_figure(text_number(known, exponent));
	putchar('\n');
}

static void needle_table(const struct board *board, struct widths widths)
{
	printf("needle: a block is allocated that none of so many free blocks can serve, and freed\n\n");
	print_names(widths, "allocator", "layout");
	printf("  %-5s", "");
	for (size_t load = 0; load < board->load_count; load++)
		if (board->loads[load].kind == LOAD_NEEDLE)
			print_figure(text_count(board->loads[load].end));
	printf("  %*s\n", FIGURE, "exponent");
	for (size_t i = 0; i < board->subject_count; i++) {
		needle_row(board, i, false, widths);
		needle_row(board, i, true, widths);
	}
	printf("\nexponent     e of the power law free blocks ^ e that fits the times best: 0 constant, 1 linear\n"
	       "time limit   so many free blocks could not be made in the time there was\n\n");
}

static void summary_table(const struct board *board, size_t traces, struct widths widths)
{
	static const char *const heads[] = {"time/glibc",  "first/glibc", "faults/1000",
	                                    "utilisation", "granule 8",   "programs"};

	printf("summary of the recorded programs, %zu in all\n\n", traces);
	print_names(widths, "allocator", "layout");
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		printf("  %*s", FIGURE, heads[i]);
	putchar('\n');
	for (size_t i = 0; i < board->subject_count; i++) {
		struct summary summary = board_summary(board, i);
		print_names(widths, board->subjects[i].name, board->subjects[i].layout);
		print_figure(text_number(summary.has_ratio, summary.ratio));
		print_figure(text_number(summary.has_ratio, summary.first_ratio));
		print_figure(text_number(summary.has_faults, summary.faults));
		print_figure(text_percent(summary.has_share, summary.utilisation));
		print_figure(text_percent(summary.has_fine, summary.fine));
		printf("  %*zu%s\n", FIGURE, summary.traces, summary.prefix ? "  beginnings only" : "");
	}
	printf("\ntime/glibc   geometric mean of the programs', in warm runs; first/glibc: in first runs\n"
	       "faults/1000  page faults in 1000 operations of warm runs, the mean of the programs'; utilisation: mean of "
	       "theirs\n\n");
}

/* Each policy once, in the layout that is the fastest over all recorded programs. */
static void best_table(const struct board *board, struct widths widths)
{
	size_t first = 0;

	while (first < board->subject_count && !board_is_best_layout(board, first))
		first++;
	if (first == board->subject_count)
		return;
	printf("best layout of each policy: the one with the smallest time/glibc\n\n");
	print_names(widths, "allocator", "layout");
	printf("  %*s  %*s  %*s  %*s\n", FIGURE, "time/glibc", FIGURE, "first/glibc", FIGURE, "utilisation", FIGURE,
	       "granule 8");
	for (size_t i = first; i < board->subject_count; i++) {
		if (!board_is_best_layout(board, i))
			continue;
		struct summary summary = board_summary(board, i);
		print_names(widths, board->subjects[i].name, board->subjects[i].layout);
		print_figure(text_number(true, summary.ratio));
		print_figure(text_number(true, summary.first_ratio));
		print_figure(text_percent(summary.has_share, summary.utilisation));
		print_figure(text_percent(summary.has_fine, summary.fine));
		putchar('\n');
	}
	putchar('\n');
}

void tables_print(const struct board *board)
{
	struct widths widths = widths_of(board);
	size_t kinds[LOAD_KINDS] = {0};

	for (size_t load = 0; load < board->load_count; load++) {
		kinds[board->loads[load].kind]++;
		if (board->loads[load].kind != LOAD_NEEDLE)
			load_table(board, load, widths);
	}
	if (kinds[LOAD_TRACE] + kinds[LOAD_STEADY] + kinds[LOAD_RAMP] > 0)
		loads_caption();
	if (kinds[LOAD_NEEDLE] > 0)
		needle_table(board, widths);
	if (kinds[LOAD_TRACE] > 0) {
		summary_table(board, kinds[LOAD_TRACE], widths);
		best_table(board, widths);
	}
	printf("rounds %zu, measured in %.1f s\n", board->rounds, board->seconds);
}
