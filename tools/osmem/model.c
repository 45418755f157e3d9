/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What models share, and the simple ones: the shapes of programs that Wilson, Johnstone, Neely and Boles name (1995, 2.4):
 * ramps, peaks and plateaus; and the equilibrium of Knuth's fifty-percent rule (1973, vol. 1, 2.5).
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/osmem/cli.h"
#include "tools/osmem/model.h"

enum { PEAKS = 10 };

/* splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t random_next(struct model *model)
{
	uint64_t z = model->random += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* By multiplication, and once more where that would favour some (Lemire 2019). */
uint64_t model_random(struct model *model, uint64_t below)
{
	uint64_t least = -below % below;
	unsigned __int128 product;

	do
		product = (unsigned __int128)random_next(model) * below;
	while ((uint64_t)product < least);
	return (uint64_t)(product >> 64);
}

static void put(struct model *model, const struct osm_trace_op *op)
{
	model->ops++;
	osm_trace_write(model->writer, op); /* a failure is told when the writer is finished */
}

uint64_t model_alloc(struct model *model, uint64_t size)
{
	uint64_t id = model->next_id++;

	put(model, &(struct osm_trace_op){.kind = OSM_TRACE_ALLOC, .id = id, .id_after = id, .size = size});
	return id;
}

void model_resize(struct model *model, uint64_t id, uint64_t size)
{
	put(model, &(struct osm_trace_op){.kind = OSM_TRACE_REALLOC, .id = id, .id_after = id, .size = size});
}

void model_free(struct model *model, uint64_t id)
{
	put(model, &(struct osm_trace_op){.kind = OSM_TRACE_FREE, .id = id, .id_after = id});
}

bool model_goes_on(struct model *model)
{
	return model->status == CLI_OK && !cli_interrupted;
}

void model_out_of_memory(struct model *model)
{
	if (model->status == CLI_OK)
		cli_complain("%s", strerror(ENOMEM));
	model->status = CLI_FAILED;
}

/* ---- Blocks of chance */

/* Sizes are as likely below as above a power of two: most are small. */
static uint64_t size_by_chance(struct model *model)
{
	double least = (double)model->options.least, most = (double)model->options.most + 1;
	double part = (double)(random_next(model) >> 11) * 0x1p-53;

	return (uint64_t)(least * pow(most / least, part));
}

/* Blocks that live, of which any can go. */
struct crowd {
	uint64_t *ids;
	uint64_t count;
};

static bool crowd_begin(struct model *model, struct crowd *crowd, uint64_t room)
{
	*crowd = (struct crowd){.ids = calloc(room ? room : 1, sizeof *crowd->ids)};
	if (!crowd->ids)
		model_out_of_memory(model);
	return crowd->ids != NULL;
}

static void crowd_add(struct model *model, struct crowd *crowd, uint64_t size)
{
	crowd->ids[crowd->count++] = model_alloc(model, size);
}

static void crowd_drop(struct model *model, struct crowd *crowd)
{
	uint64_t at = model_random(model, crowd->count);

	model_free(model, crowd->ids[at]);
	crowd->ids[at] = crowd->ids[--crowd->count];
}

void model_ramp(struct model *model)
{
	struct crowd crowd;

	if (!crowd_begin(model, &crowd, model->options.blocks))
		return;
	for (uint64_t i = 0; i < model->options.blocks && model_goes_on(model); i++) {
		crowd_add(model, &crowd, size_by_chance(model));
		if (model_random(model, 4) == 0) /* what is needed on the way only */
			crowd_drop(model, &crowd);
	}
	free(crowd.ids);
}

void model_peak(struct model *model)
{
	uint64_t each = model->options.blocks / PEAKS, kept = 0;
	struct crowd crowd;

	if (!crowd_begin(model, &crowd, model->options.blocks))
		return;
	for (int peak = 0; peak < PEAKS; peak++) {
		for (uint64_t i = 0; i < each && model_goes_on(model); i++)
			crowd_add(model, &crowd, size_by_chance(model));
		kept += each / 20;
		while (crowd.count > kept && model_goes_on(model))
			crowd_drop(model, &crowd);
	}
	free(crowd.ids);
}

/* `size` gives sizes; fewer blocks than live at a time never get there. */
static void replace(struct model *model, struct crowd *crowd, uint64_t (*size)(struct model *model))
{
	for (uint64_t i = 0; i < model->options.blocks && model_goes_on(model); i++) {
		if (crowd->count == model->options.live)
			crowd_drop(model, crowd);
		crowd_add(model, crowd, size(model));
	}
}

void model_plateau(struct model *model)
{
	struct crowd crowd;

	if (!crowd_begin(model, &crowd, model->options.live))
		return;
	replace(model, &crowd, size_by_chance);
	while (crowd.count > 0 && model_goes_on(model))
		crowd_drop(model, &crowd);
	free(crowd.ids);
}

static uint64_t size_uniform(struct model *model)
{
	return model->options.least + model_random(model, model->options.most - model->options.least + 1);
}

void model_fifty(struct model *model)
{
	struct crowd crowd;

	if (!crowd_begin(model, &crowd, model->options.live))
		return;
	replace(model, &crowd, size_uniform);
	free(crowd.ids);
}
