/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sentence is put together from the blocks before and after, the blocks that the search looked at, and the calls to
 * the backend. Nothing here knows how a policy decides.
 */
#include "explain.h"

#include "stage.h"

/* The block that an operation's name holds. */
static const struct stage_block *held(const struct stage_shot *shot)
{
	for (size_t i = 0; i < shot->count; i++)
		if (shot->blocks[i].name == stage.event.op.name)
			return &shot->blocks[i];
	return NULL;
}

/* The block in which an offset lies, header included. */
static const struct stage_block *around_offset(const struct stage_shot *shot, size_t offset)
{
	for (size_t i = 0; i < shot->count; i++) {
		const struct stage_block *b = &shot->blocks[i];

		if (!b->mapped && offset >= b->at - b->header && offset < b->at + b->size)
			return b;
	}
	return NULL;
}

static const struct stage_block *behind(const struct stage_shot *shot, const struct stage_block *b)
{
	return around_offset(shot, b->at + b->size);
}

static bool is_buddy(void)
{
	return lens_is(stage.setting.lens, "buddy");
}

/* "best-fit-lifo-scan" reads "Best fit lifo". */
static void add_policy(struct text *text)
{
	const char *name = stage.setting.lens->policy->name;
	size_t length = 0;

	while (name[length])
		length++;
	if (stage.setting.lens->is_scan)
		length -= sizeof "-scan" - 1;
	for (size_t i = 0; i < length; i++)
		text_add_char(text, i == 0 ? (char)(name[0] - 'a' + 'A') : name[i] == '-' ? ' ' : name[i]);
}

static void add_name(struct text *text)
{
	char name[4];

	script_name(stage.event.op.name, name);
	text_add(text, name);
}

/* How many of the blocks that were looked at, up to `count` and not below `from`, were free; each counts once. */
static size_t free_among(size_t count, size_t from, size_t *blocks)
{
	size_t free = 0;

	*blocks = 0;
	for (size_t i = 0; i < count && i < STAGE_LOOKS; i++) {
		bool again = false;

		for (size_t j = 0; j < i && !again; j++)
			again = stage.event.looks[j] == stage.event.looks[i];
		if (again || stage.event.looks[i] == STAGE_NO_BLOCK || stage.event.looks[i] < from)
			continue;
		(*blocks)++;
		for (size_t k = 0; k < stage.before.count; k++) {
			const struct stage_block *b = &stage.before.blocks[k];

			free += b->free && b->at - b->header == stage.event.looks[i];
		}
	}
	return free;
}

/* Was the block looked at before anything was bought? */
static bool was_looked_at(const struct stage_block *b, size_t count)
{
	for (size_t i = 0; i < count && i < STAGE_LOOKS; i++)
		if (stage.event.looks[i] == b->at - b->header)
			return true;
	return false;
}

/* What the search did until it found `taken` (NULL: nothing). */
static void add_search(struct text *text, const struct stage_block *taken)
{
	const struct stage_event *event = &stage.event;
	size_t count = taken ? event->look_count : event->looks_before_growth;
	bool roves = lens_is(stage.setting.lens, "next-fit") && event->rover_before != STAGE_NO_BLOCK;
	bool wraps = !taken || taken->at - taken->header < event->rover_before;
	size_t blocks, free;

	if (count > event->look_count)
		count = event->look_count;
	free = free_among(count, roves && !wraps ? event->rover_before : 0, &blocks);
	if (taken && !was_looked_at(taken, count)) {
		free++;
		blocks++;
	}
	add_policy(text);
	if (roves)
		text_format(text, ", from the rover at %z on%s,", event->rover_before, wraps ? " and round to the start" : "");
	if (is_buddy() && taken)
		text_add(text, " asked its lists");
	else if (is_buddy())
		text_add(text, " found every list of sufficient order empty");
	else if (stage.setting.lens->is_scan) {
		text_add(text, " looked at ");
		text_count(text, free, "free block");
		if (blocks > free)
			text_format(text, " among %z", blocks);
	} else {
		text_add(text, " asked its index, which looked at ");
		text_count(text, free, "free block");
	}
	if (!taken && !is_buddy())
		text_add(text, free == 1 ? ", which does not suffice" : free ? ", none of which suffices" : ": none suffices");
}

/* What became of a free block of the shot before, out of which `b` was cut. */
static void add_cut(struct text *text, const struct stage_block *from, const struct stage_block *b)
{
	const struct stage_block *rest = behind(&stage.after, b);
	size_t halvings = 0;

	if (b->at - b->header > from->at - from->header)
		text_format(text, ", left %z bytes free before it for the alignment", b->at - b->header - from->at);
	if (is_buddy()) {
		for (size_t size = from->size; size > b->size; size /= 2)
			halvings++;
		if (halvings) {
			text_add(text, ", halved it ");
			text_count(text, halvings, "time");
		}
		return;
	}
	if (rest && rest->free && b->at + b->size < from->at + from->size)
		text_format(text, ", and split off %z", rest->size);
	else if (b->size > stage.event.op.n && from->size == b->size)
		text_add(text, ", whole");
}

static void add_slack(struct text *text, const struct stage_block *b)
{
	if (b->size > b->asked)
		text_format(text, "; %z of its %z bytes are slack", b->size - b->asked, b->size);
}

/* The bytes that the backend gave for regions, and what it refused. */
static size_t bought(bool *refused)
{
	size_t bytes = 0;

	*refused = false;
	for (size_t i = 0; i < stage.event.log_count; i++) {
		const struct osm_mock_entry *entry = &stage.event.log[i];

		if (entry->call == OSM_MOCK_GROW && entry->result != OSM_MOCK_NONE)
			bytes += entry->n;
		else if ((entry->call == OSM_MOCK_GROW || entry->call == OSM_MOCK_MAP) && entry->result == OSM_MOCK_NONE)
			*refused = true;
	}
	return bytes;
}

/* How a block that is there now was found. */
static void add_placement(struct text *text, const struct stage_block *b)
{
	const struct stage_block *from = around_offset(&stage.before, b->at);
	bool refused;
	size_t bytes = bought(&refused);

	if (b->mapped) {
		text_format(text, "It is large: the heap asked the backend for a mapping of its own, of %z bytes",
		            b->size + b->header);
		return;
	}
	if (stage.before.count == 0) {
		text_format(text, "the heap was empty: it bought its first %z bytes, and ", bytes);
		add_name(text);
		text_format(text, " lies at %z", b->at);
	} else if (bytes > 0) {
		add_search(text, NULL);
		text_format(text, "; the heap bought %z bytes, and ", bytes);
		add_name(text);
		text_format(text, " lies at %z", b->at);
	} else if (from && from->free) {
		add_search(text, from);
		text_format(text, ", took the one of %z bytes at %z", from->size, from->at);
		add_cut(text, from, b);
	} else {
		add_search(text, NULL);
		text_format(text, " and placed it at %z", b->at);
	}
	add_slack(text, b);
	text_add_char(text, '.');
}

static void add_failure(struct text *text)
{
	bool refused;

	bought(&refused);
	add_search(text, NULL);
	if (stage.refusing)
		text_add(text, "; the backend refused to give more");
	else if (refused)
		text_add(text, "; the arena has no more to give");
	text_add(text, ": the answer is NULL, and nothing has changed.");
}

static void explain_alloc(struct text *text)
{
	const struct stage_block *b = held(&stage.after);

	if (stage.event.outcome == STAGE_FAILED)
		add_failure(text);
	else if (b)
		add_placement(text, b);
	if (b && stage.event.op.call == SCRIPT_CALLOC)
		text_add(text, " All its bytes were set to 0.");
}

/* What a freed block, as it was before, became. */
static void add_release(struct text *text, const struct stage_block *was)
{
	const struct stage_block *now = around_offset(&stage.after, was->at);
	const struct stage_block *prev =
		was->at > was->header ? around_offset(&stage.before, was->at - was->header - 1) : NULL;
	const struct stage_block *next = behind(&stage.before, was);
	bool with_prev, with_next;

	if (!now || !now->free)
		return;
	with_prev = prev && prev->free && now->at < was->at;
	with_next = next && next->free && now->at + now->size > was->at + was->size;
	if (now->size == was->size) {
		text_add(text, is_buddy() ? "its buddy is not free, so they stay as they are"
		                          : "neither neighbour is free, so there is nothing to merge");
	} else if (is_buddy()) {
		size_t merges = 0;

		for (size_t size = was->size; size < now->size; size *= 2)
			merges++;
		text_add(text, "they merged ");
		text_count(text, merges, "time");
		text_format(text, " with the buddy: %z bytes at %z", now->size, now->at);
	} else {
		text_add(text, "they merged with ");
		if (with_prev)
			text_format(text, "the %z free bytes before", prev->size);
		if (with_prev && with_next)
			text_add(text, " and ");
		if (with_next)
			text_format(text, "the %z behind", next->size);
		if (!with_prev && !with_next)
			text_add(text, "the rest of the region");
		text_format(text, ": one free block of %z at %z", now->size, now->at);
	}
}

static void explain_free(struct text *text)
{
	const struct stage_block *was = held(&stage.before);

	if (!was)
		return;
	if (was->mapped) {
		text_format(text, "The mapping of %z bytes went back to the backend.", was->size + was->header);
		return;
	}
	text_format(text, "The %z bytes at %z are free; ", was->size, was->at);
	add_release(text, was);
	text_add_char(text, '.');
}

static void add_resized_in_place(struct text *text, const struct stage_block *was, const struct stage_block *now)
{
	const struct stage_block *next = behind(&stage.before, was);
	bool refused;
	size_t bytes = bought(&refused);

	if (now->size == was->size) {
		text_format(text, "Its %z bytes suffice: nothing changed", was->size);
	} else if (now->size < was->size) {
		text_format(text, "It shrank where it lies, from %z to %z bytes, and the rest became free", was->size,
		            now->size);
	} else {
		text_format(text, "It grew where it lies, from %z to %z bytes", was->size, now->size);
		if (bytes > 0)
			text_format(text, ": it is the last block, and the heap bought %z bytes behind it", bytes);
		else if (next && next->free)
			text_format(text, ", into the %z free bytes behind it", next->size);
	}
	add_slack(text, now);
	text_add_char(text, '.');
}

static void explain_resize(struct text *text)
{
	const struct stage_block *was = held(&stage.before), *now = held(&stage.after);

	if (stage.event.outcome == STAGE_FAILED) {
		text_add(text, "It cannot grow where it lies. ");
		add_failure(text);
	} else if (!was && now) {
		add_placement(text, now);
	} else if (was && !now) {
		explain_free(text);
	} else if (was && now && was->at == now->at && was->mapped == now->mapped) {
		add_resized_in_place(text, was, now);
	} else if (was && now && !now->mapped && !was->mapped && now->at < was->at && stage.event.look_count == 0 &&
	           now->at + now->size >= was->at) {
		text_format(text, "It took the free block before it and slid down from %z to %z, contents and all.", was->at,
		            now->at);
	} else if (was && now) {
		text_format(text, "It cannot grow where it lies, so it moves from %z. ", was->at);
		add_placement(text, now);
		text_add(text, " Its contents were copied and its old place freed.");
	}
}

static void add_call(struct text *text)
{
	const struct script_op *op = &stage.event.op;

	if (op->call == SCRIPT_FREE) {
		text_add(text, "free(");
		add_name(text);
		text_add(text, "): ");
		return;
	}
	add_name(text);
	if (op->call == SCRIPT_RESIZE) {
		text_add(text, " = realloc(");
		add_name(text);
		text_format(text, ", %z): ", op->n);
	} else if (op->call == SCRIPT_CALLOC) {
		text_format(text, " = calloc(1, %z): ", op->n);
	} else if (op->align > 1) {
		text_format(text, " = aligned_alloc(%z, %z): ", op->align, op->n);
	} else {
		text_format(text, " = malloc(%z): ", op->n);
	}
}

static void add_outcome(struct text *text)
{
	const struct stage_event *event = &stage.event;

	if (event->outcome == STAGE_NO_SLOT) {
		text_add(text, "there is no such block, so nothing was called.");
	} else if (event->outcome == STAGE_DANGLING) {
		text_add(text,
		         "its old address is another block's by now. No heap could tell, and would free that one; so it was "
		         "not called.");
	} else if (event->outcome == STAGE_HELD) {
		text_add(text, "the name is in use, so nothing was called; free it first.");
	} else if (event->outcome == STAGE_REPORTED || event->outcome == STAGE_BROKEN) {
		text_format(text, "the heap reports a %s: %s.", osm_fault_name(event->fault.kind), event->fault.detail);
	} else if (event->op.call <= SCRIPT_CALLOC && event->op.n == 0) {
		text_add(text, "of no bytes there is no block; the answer is NULL.");
	} else if (event->op.call <= SCRIPT_CALLOC) {
		explain_alloc(text);
	} else if (event->op.call == SCRIPT_FREE) {
		explain_free(text);
	} else {
		explain_resize(text);
	}
}

void explain(struct text *text)
{
	const struct stage_event *event = &stage.event;

	if (event->outcome == STAGE_NOTHING)
		return;
	if (event->op.call == SCRIPT_REFUSE) {
		text_add(text, "From here on the backend refuses every call.");
	} else if (event->op.call == SCRIPT_SERVE) {
		text_add(text, "From here on the backend serves again.");
	} else {
		add_call(text);
		add_outcome(text);
	}
}
