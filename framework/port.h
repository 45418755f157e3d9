/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the framework needs of the system: a lock, errno, writing to a descriptor, the end of the process.
 * port_posix.c implements it with POSIX, port_none.c (embedded profile) without any system.
 */
#ifndef OSMEM_PORT_H
#define OSMEM_PORT_H

#include <stddef.h>

#ifdef OSM_EMBEDDED

struct osm_lock {
	char none;
};
#define OSM_LOCK_INITIAL \
	{                    \
		0                \
	}

static inline void osm_lock(struct osm_lock *lock)
{
	(void)lock;
}

static inline void osm_unlock(struct osm_lock *lock)
{
	(void)lock;
}

static inline int osm_port_errno(void)
{
	return 0;
}

static inline void osm_port_set_errno(int value)
{
	(void)value;
}

#define OSM_ENOMEM 12
#define OSM_EINVAL 22

#else

#include <errno.h>
#include <pthread.h>

struct osm_lock {
	pthread_mutex_t mutex;
};
#define OSM_LOCK_INITIAL          \
	{                             \
		PTHREAD_MUTEX_INITIALIZER \
	}

static inline void osm_lock(struct osm_lock *lock)
{
	pthread_mutex_lock(&lock->mutex);
}

static inline void osm_unlock(struct osm_lock *lock)
{
	pthread_mutex_unlock(&lock->mutex);
}

static inline int osm_port_errno(void)
{
	return errno;
}

static inline void osm_port_set_errno(int value)
{
	errno = value;
}

#define OSM_ENOMEM ENOMEM
#define OSM_EINVAL EINVAL

#endif

/* The page size where a backend must name one at compile time; a multiple of the real one is as good. */
#if defined(__x86_64__) || defined(__i386__) || defined(OSM_EMBEDDED) || defined(__wasm__)
#define OSM_PAGE_SIZE ((size_t)4096)
#else
#define OSM_PAGE_SIZE ((size_t)65536)
#endif

/* Write to a descriptor, going on after signals; returns the bytes written, or -1. errno is kept. */
long osm_port_write(int fd, const void *bytes, size_t n);

/* End the process. */
_Noreturn void osm_port_abort(void);

#endif
