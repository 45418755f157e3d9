/* SPDX-License-Identifier: BSD-3-Clause */
/* A replay that stops where it is told: see player.h. */
#include <stdlib.h>

#include "tools/lab/player.h"
#include "tools/osmem/cli.h"
#include "tools/progress.h"
#include "tools/replay.h"

static const char stage_play[] = "replaying";

bool player_open(struct player *player, const struct tape_totals *totals, const struct setup *setup,
                 const volatile sig_atomic_t *stop)
{
	*player = (struct player){.totals = totals, .stop = stop};
	player->payloads = calloc(totals->slots + 1, sizeof *player->payloads);
	const char *reason = player->payloads ? stage_open(&player->stage, setup, totals->peak_bytes) : "out of memory";
	if (reason) {
		cli_complain("%s: %s", totals->path, reason);
		free(player->payloads);
		return false;
	}
	player->tape = tape_open(totals->path);
	if (!player->tape)
		player_close(player);
	return player->tape != NULL;
}

bool player_go(struct player *player, uint64_t op)
{
	while (player->done < op) {
		if (player->next == player->count) {
			player->ops = tape_next(player->tape, &player->count);
			player->next = 0;
			if (player->count == 0)
				return tape_is_good(player->tape);
			progress_show(player->totals->name, stage_play, player->done, player->totals->ops);
		}
		size_t count = player->count - player->next;
		if (count > op - player->done)
			count = (size_t)(op - player->done);
		size_t done = replay_ops(player->stage.heap, player->ops + player->next, count, player->payloads, player->stop);
		player->next += done;
		player->done += done;
		if (*player->stop)
			return false;
		if (done < count) {
			cli_complain("%s: operation %llu: out of memory", player->totals->path,
			             (unsigned long long)player->done + 1);
			return false;
		}
	}
	return true;
}

void player_close(struct player *player)
{
	tape_close(player->tape);
	stage_close(&player->stage);
	free(player->payloads);
}
