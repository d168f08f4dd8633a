/* A folder of a test's own, removed with all that is in it. */
#ifndef TESTS_LIB_SCRATCH_H
#define TESTS_LIB_SCRATCH_H

#define SCRATCH_PATH_MAX 512

struct scratch {
    char folder[64];
};

void scratch_open(struct scratch *scratch);
void scratch_close(struct scratch *scratch);

/* folder/name, in one of four buffers in turn. */
const char *scratch_path(const struct scratch *scratch, const char *name);

#endif /* TESTS_LIB_SCRATCH_H */
