/* disk - what a machine of the simulated world has written
 * Room: tests/sim. Takes the place of common/shell/db.c, and implements db.h.
 *
 * A transaction that is committed is on the disk, any other never was. A commit takes time,
 * and who dies meanwhile may have committed or not. A disk may be full or broken for a
 * while. One writer at a time, and no reader beside it: in this world a program has one
 * thread. */
#ifndef TESTS_SIM_DISK_H
#define TESTS_SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node;
struct disk;

struct disk_row {
	unsigned char *key;
	size_t key_len;
	unsigned char *value;
	size_t value_len;
};

/* What one transaction has done to one row. */
struct disk_change {
	size_t table;
	struct disk_row before; /* key NULL: it was not there */
	struct disk_row after;  /* key NULL: it is there no more */
};

/* Called when a transaction of `node` is on the disk, before its program knows. */
typedef void disk_watcher(
    struct node *node, const struct disk_change *change, size_t len);

struct disk *disk_new(struct node *node, disk_watcher *watcher);
void disk_free(struct disk *disk);

/* Everything on it is lost. The machine is off. */
void disk_wipe(struct disk *disk);

/* Faults, until told otherwise: nothing more fits; commits fail in so many of a hundred. */
void disk_set_full(struct disk *disk, bool is_full);
void disk_set_broken(struct disk *disk, unsigned percent);

/* The program that wrote is dead: what it had not committed never was. True when everything
 * it had done is on the disk. */
bool disk_process_died(struct disk *disk);

/* True while a transaction is open. */
bool disk_is_written(const struct disk *disk);

size_t disk_rows(const struct disk *disk, size_t table);
/* The row of that key, or NULL. */
const struct disk_row *disk_find(
    const struct disk *disk, size_t table, const void *key, size_t key_len);
const struct disk_row *disk_find_u64(
    const struct disk *disk, size_t table, uint64_t key);

#endif
