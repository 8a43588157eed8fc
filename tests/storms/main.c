/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs random worlds (storm.h) in several processes, so many or so long, and tells which were
 * wrong. A world that ends its process, by a failed check, a broken contract or a crash, is
 * counted as wrong, and the rest goes on. See tests/storms/README.md.
 */
#include "storm.h"
#include "story.h"

#include <apr_general.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_PROCESSES 64
#define MAX_FAILURES 20
#define WORLD_S 60 /* a world that takes longer does not come to an end */

/* One process's part, where its parent sees how far it has come. */
typedef struct part_t {
    uint64_t next; /* place of the world it is at or comes to */
    int at_work;
} part_t;

static uint64_t first;  /* seed of the world in place 0; the next one's is 1 more */
static uint64_t worlds; /* how many */
static void (*run)(apr_pool_t *p, uint64_t seed) = storm_run;
static int processes = 1;
static time_t end; /* 0 = no end but the worlds' */
static int failures;
static int stopped;

static void work(part_t *part)
{
    apr_pool_t *p;

    while (part->next < worlds && (!end || time(NULL) < end)) {
        alarm(WORLD_S);
        apr_pool_create(&p, NULL);
        run(p, first + part->next);
        apr_pool_destroy(p);
        part->next += (uint64_t)processes;
    }
}

static pid_t start(part_t *part)
{
    pid_t pid = fork();

    if (pid == 0) {
        apr_initialize();
        work(part);
        _exit(0);
    }
    if (pid < 0) {
        perror("fork");
        exit(2);
    }
    return pid;
}

static void tell_failure(const part_t *part, int status)
{
    failures++;
    fprintf(stderr, "WRONG: world %llu (%s %d)\n    again: tests/storms/run --seed %llu --%s 1\n",
            (unsigned long long)(first + part->next), WIFSIGNALED(status) ? "signal" : "exit",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
            (unsigned long long)(first + part->next), run == story_run ? "stories" : "worlds");
}

/* Whoever ends in the middle of a world is followed by another that goes on after it. */
static void run_all(part_t *parts)
{
    pid_t pids[MAX_PROCESSES];
    int running = processes, status;

    for (int i = 0; i < processes; i++) {
        parts[i].next = (uint64_t)i;
        pids[i] = start(&parts[i]);
    }
    while (running > 0) {
        pid_t pid = wait(&status);

        for (int i = 0; i < processes; i++) {
            if (pids[i] != pid) {
                continue;
            }
            running--;
            if (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) {
                stopped = 1; /* by whoever started it: nothing is wrong */
            }
            else if (status != 0) {
                tell_failure(&parts[i], status);
                parts[i].next += (uint64_t)processes;
                if (failures < MAX_FAILURES) {
                    pids[i] = start(&parts[i]);
                    running++;
                }
            }
        }
    }
}

/* How many worlds were run. */
static uint64_t all_done(const part_t *parts)
{
    uint64_t sum = 0;

    for (int i = 0; i < processes; i++) {
        sum += (parts[i].next - (uint64_t)i) / (uint64_t)processes;
    }
    return sum;
}

static uint64_t number(const char *text)
{
    char *rest;
    uint64_t n;

    errno = 0;
    n = strtoull(text, &rest, 10);
    if (errno || !*text || *rest) {
        fprintf(stderr, "not a number: %s\n", text);
        exit(2);
    }
    return n;
}

static void read_arguments(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t n = number(argv[i + 1]);

        if (strcmp(argv[i], "--seed") == 0) {
            first = n;
        }
        else if (strcmp(argv[i], "--worlds") == 0) {
            worlds = n;
        }
        else if (strcmp(argv[i], "--stories") == 0) {
            worlds = n;
            run = story_run;
        }
        else if (strcmp(argv[i], "--seconds") == 0) {
            end = time(NULL) + (time_t)n;
        }
        else if (strcmp(argv[i], "--processes") == 0 && n > 0 && n <= MAX_PROCESSES) {
            processes = (int)n;
        }
        else {
            fprintf(stderr, "unknown: %s %s\n", argv[i], argv[i + 1]);
            exit(2);
        }
    }
    worlds = worlds ? worlds : end ? UINT64_MAX - MAX_PROCESSES : 1;
}

int main(int argc, char **argv)
{
    struct timespec began, now;
    double seconds;
    part_t *parts;
    uint64_t done;

    read_arguments(argc, argv);
    parts = mmap(NULL, sizeof(*parts) * MAX_PROCESSES, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (parts == MAP_FAILED) {
        perror("mmap");
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &began);
    run_all(parts);
    clock_gettime(CLOCK_MONOTONIC, &now);
    seconds = (double)(now.tv_sec - began.tv_sec) + (double)(now.tv_nsec - began.tv_nsec) / 1e9;
    done = all_done(parts);
    printf("%llu %s from seed %llu%s: %d wrong, %.0f a second\n", (unsigned long long)done,
           run == story_run ? "stories" : "worlds", (unsigned long long)first,
           stopped ? ", then stopped" : "", failures, (double)done / (seconds > 0 ? seconds : 1));
    return failures || stopped ? 1 : 0;
}
