#include "crypto/transcript.h"

void transcript_init(struct transcript *transcript)
{
    *transcript = (struct transcript){0};
}

void transcript_absorb(struct transcript *transcript, const char *label, struct bytes data)
{
    struct bytes name = bytes_of_text(label);
    struct sha256 sha;
    assert(name.size <= UINT8_MAX);
    sha256_init(&sha);
    sha256_add(&sha, BYTES_OF(transcript->state));
    sha256_add_u8(&sha, (uint8_t)name.size);
    sha256_add(&sha, name);
    sha256_add_u64(&sha, data.size);
    sha256_add(&sha, data);
    sha256_finish(&sha, &transcript->state);
    transcript->counter = 0;
}

void transcript_absorb_ext(struct transcript *transcript, const char *label,
                           const struct field_ext *elements, size_t count)
{
    uint8_t data[TRANSCRIPT_EXT_MAX * FIELD_EXT_SIZE];
    assert(count <= TRANSCRIPT_EXT_MAX);
    for (size_t i = 0; i < count; i++) {
        field_ext_write(data + FIELD_EXT_SIZE * i, elements[i]);
    }
    transcript_absorb(transcript, label, (struct bytes){data, FIELD_EXT_SIZE * count});
}

struct field_ext transcript_challenge(struct transcript *transcript)
{
    struct sha256 sha;
    struct hash hash;
    sha256_init(&sha);
    sha256_add(&sha, BYTES_OF(transcript->state));
    sha256_add(&sha, bytes_of_text("C"));
    sha256_add_u32(&sha, transcript->counter++);
    sha256_finish(&sha, &hash);
    return field_ext_of_hash(&hash);
}
