#include "tools/signer/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "tools/client/file.h"

enum { SLOT_SIZE = 4096, TURNS = 2, COPIES = 2, SLOTS = TURNS * COPIES };

static const struct field head_fields[] = {
    SCHEMA_U64(struct signer_state, sequence),
    SCHEMA_BOOL(struct signer_state, bound),
    SCHEMA_ARRAY(struct signer_state, chain_id, FORM_HEX),
};
static const struct schema head_schema = SCHEMA("signer_state", struct signer_state, head_fields);

/* A slot is a checksum, the state as bytes, and zeros. */
static void slot_write(uint8_t slot[SLOT_SIZE], const struct signer_state *state)
{
    struct buffer body = {0};
    struct buffer out = {0};
    struct hash checksum;
    schema_write(&body, &head_schema, state);
    schema_write(&body, &vote_guard_schema, &state->guard);
    hash_tagged(&checksum, "souk/signer-state/v1", buffer_bytes(&body));
    bcs_write_array(&out, checksum.bytes, sizeof(checksum.bytes));
    bcs_write_bytes(&out, buffer_bytes(&body));
    assert(out.size <= SLOT_SIZE);
    memset(slot, 0, SLOT_SIZE);
    memcpy(slot, out.data, out.size);
    buffer_close(&out);
    buffer_close(&body);
}

static bool slot_read(struct signer_state *out, const uint8_t slot[SLOT_SIZE])
{
    struct bcs_reader reader;
    struct hash checksum;
    struct hash expected;
    bcs_reader_init(&reader, (struct bytes){slot, SLOT_SIZE});
    bcs_read_array(&reader, checksum.bytes, sizeof(checksum.bytes));
    struct bytes body = bcs_read_bytes(&reader, SLOT_SIZE);
    hash_tagged(&expected, "souk/signer-state/v1", body);
    if (reader.status != BCS_OK || !hash_equal(&checksum, &expected)) {
        return false;
    }
    bcs_reader_init(&reader, body);
    schema_read(&reader, &head_schema, out);
    schema_read(&reader, &vote_guard_schema, &out->guard);
    return bcs_reader_done(&reader) && vote_guard_valid(&out->guard);
}

bool state_file_create(const char *path, struct fault *fault)
{
    struct signer_state state = {.sequence = 0};
    uint8_t slots[SLOTS][SLOT_SIZE];
    if (file_exists(path)) {
        return fault_set(fault, "%s: there already; it remembers what was signed", path);
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        slot_write(slots[i], &state);
    }
    return file_write(path, BYTES_OF(slots), 0600, fault);
}

/* The newest of the slots that are whole. */
static bool load(struct state_file *file)
{
    uint8_t slots[SLOTS][SLOT_SIZE];
    bool found = false;
    file->damaged = 0;
    if (pread(file->descriptor, slots, sizeof(slots), 0) != (ssize_t)sizeof(slots)) {
        return false;
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        struct signer_state state = {.sequence = 0};
        if (!slot_read(&state, slots[i])) {
            file->damaged++;
        } else if (!found || state.sequence > file->state.sequence) {
            file->state = state;
            found = true;
        }
    }
    return found;
}

static bool open_and_load(struct state_file *file, const char *path, struct fault *fault)
{
    struct stat status;
    *file = (struct state_file){.descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)};
    if (file->descriptor < 0) {
        return fault_set(fault, "%s: %s; where it was lost, see 'souk-signer recover --help'", path,
                         strerrordesc_np(errno));
    }
    if (fstat(file->descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        state_file_close(file);
        return fault_set(fault, "%s: not a regular file", path);
    }
    if (!load(file)) {
        state_file_close(file);
        return fault_set(fault, "%s: damaged; remove it, then see 'souk-signer recover --help'",
                         path);
    }
    return true;
}

bool state_file_read(struct signer_state *out, const char *path, struct fault *fault)
{
    struct state_file file;
    bool good = open_and_load(&file, path, fault);
    if (good) {
        *out = file.state;
        state_file_close(&file);
    }
    return good;
}

bool state_file_open(struct state_file *file, const char *path, struct fault *fault)
{
    if (!open_and_load(file, path, fault)) {
        return false;
    }
    /* Once more under the lock: the signer before may have written since. */
    bool locked = flock(file->descriptor, LOCK_EX | LOCK_NB) == 0;
    if (!locked || !load(file)) {
        state_file_close(file);
        return fault_set(fault, "%s: %s", path, locked ? "damaged" : "in use by another signer");
    }
    /* What is damaged is mended before more is. And a signer that was killed may have written what no
     * sync covered: that would be taken for signed, and given again, though a power cut could take it. */
    if (!state_file_store_everywhere(file, fault)) {
        state_file_close(file);
        return false;
    }
    return true;
}

void state_file_close(struct state_file *file)
{
    if (file->descriptor >= 0) {
        (void)close(file->descriptor);
    }
    file->descriptor = -1;
}

bool state_file_store(struct state_file *file, struct fault *fault)
{
    uint8_t slot[SLOT_SIZE];
    bool good = true;
    file->state.sequence++;
    slot_write(slot, &file->state);
    for (unsigned copy = 0; copy < COPIES; copy++) {
        /* The copies of one state are not neighbours: what damages one spares the other. */
        uint64_t place = (uint64_t)copy * TURNS + file->state.sequence % TURNS;
        off_t offset = (off_t)(place * SLOT_SIZE);
        good =
            good && pwrite(file->descriptor, slot, sizeof(slot), offset) == (ssize_t)sizeof(slot);
    }
    if (!good || fdatasync(file->descriptor) != 0) {
        return fault_set(fault, "the signer's state cannot be written: %s", strerrordesc_np(errno));
    }
    return true;
}

bool state_file_store_everywhere(struct state_file *file, struct fault *fault)
{
    bool good = true;
    for (unsigned turn = 0; turn < TURNS; turn++) {
        good = good && state_file_store(file, fault);
    }
    return good;
}
