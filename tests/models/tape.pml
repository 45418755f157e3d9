/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trace's file whose process is killed at any moment.
 *
 * models   framework/dropin/tape.c: tape_write
 * models   framework/dropin/recorder.c: note find_site put
 * holds    whatever ends the process, the file is whole records, in order, with zeros behind: none is there in part
 * bounds   RECORDS records of two parts: the first byte and the rest
 * memory   The first byte is stored with release, so what is before it in the program is in the file if it is. Stores
 *          that nothing orders may reach the file in any order: `rest` and `first` of a record do without the release.
 * run      -DRECORDS=3
 * bug      BUG_FIRST_BYTE_FIRST: the bytes are copied in order
 * bug      BUG_RELAXED: the first byte is stored without release
 * bug      BUG_NAME_IN_TWO: a site's name is written behind its head by a call of its own
 */
#ifndef RECORDS
#define RECORDS 3
#endif

/* The file: 0 is a byte that was never written. */
bool first[RECORDS], rest[RECORDS];
byte written;
bool killed;

inline store(part)
{
	if
	:: atomic { !killed -> part = true }
	:: killed
	fi
}

active proctype process()
{
	do
	:: written < RECORDS && !killed ->
#ifdef BUG_NAME_IN_TWO
		/* Its head is there, the text is not. */
#define BUG_FIRST_BYTE_FIRST
#endif
#ifdef BUG_FIRST_BYTE_FIRST
		store(first[written]);
		store(rest[written]);
#else
#ifdef BUG_RELAXED
		if
		:: store(first[written])
		:: skip
		fi;
#endif
		store(rest[written]);
		store(first[written]);
#endif
		written++
	:: else -> break
	od
}

/* Whoever reads the file later. */
active proctype reader()
{
	byte at;

	killed = true;
	do
	:: at < RECORDS ->
		if
		:: first[at] -> assert(rest[at] && (at == 0 || first[at - 1]))
		:: else
		fi;
		at++
	:: else -> break
	od
}
