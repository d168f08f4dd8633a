#include "p2p/noise.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/vectors.h"

/* One case of the vectors, as far as it was read. */
struct vector_case {
    bool initiator;
    bool begun;
    struct point responder;
    struct secret_key key;
    struct secret_key ephemeral;
    struct noise_handshake handshake;
    struct buffer reply;
    enum noise_status status;
};

static const char *status_name(enum noise_status status)
{
#define NOISE_STATUS_NAME(name, text) [name] = #name,
    static const char *const names[] = {NOISE_STATUS_LIST(NOISE_STATUS_NAME)};
#undef NOISE_STATUS_NAME
    return names[status] + strlen("NOISE_");
}

static void begin(struct vector_case *now)
{
    if (now->begun) {
        return;
    }
    now->begun = true;
    if (now->initiator) {
        ck_assert(noise_initiate(&now->handshake, bytes_of_text("lightning"), &now->key,
                                 &now->ephemeral, &now->responder, &now->reply));
    } else {
        noise_respond(&now->handshake, bytes_of_text("lightning"), &now->key, &now->ephemeral);
    }
}

static void check_keys(const struct vector_case *now, const char *value)
{
    uint8_t first[32];
    uint8_t second[32];
    char hex[65];
    const char *keys = strchr(value, '=') + 1;
    const char *comma = strchr(keys, ',');
    (void)snprintf(hex, sizeof(hex), "%.*s", (int)(comma - keys - 2), keys + 2);
    ck_assert(hex_decode(first, sizeof(first), hex));
    ck_assert(hex_decode(second, sizeof(second), comma + 1));
    const struct noise_handshake *handshake = &now->handshake;
    ck_assert(handshake->step == NOISE_DONE);
    bool send_first = strncmp(value, "sk", 2) == 0;
    const struct noise_cipher *a = send_first ? &handshake->send : &handshake->receive;
    const struct noise_cipher *b = send_first ? &handshake->receive : &handshake->send;
    ck_assert_mem_eq(a->key, first, sizeof(first));
    ck_assert_mem_eq(b->key, second, sizeof(second));
}

static void check_output(struct vector_case *now, const char *value)
{
    begin(now);
    if (strncmp(value, "ERROR (", 7) == 0) {
        size_t size = strcspn(value + 7, " )");
        ck_assert_uint_eq(strlen(status_name(now->status)), size);
        ck_assert_mem_eq(status_name(now->status), value + 7, size);
        ck_assert(now->handshake.step == NOISE_FAILED);
        ck_assert_uint_eq(noise_wants(&now->handshake), 0);
        return;
    }
    ck_assert_str_eq(noise_status_text(now->status), "ok");
    if (strncmp(value, "0x", 2) != 0) {
        check_keys(now, value);
        return;
    }
    struct buffer expected = {0};
    vectors_hex(&expected, value + 2);
    ck_assert(bytes_equal(buffer_bytes(&now->reply), buffer_bytes(&expected)));
    buffer_clear(&now->reply);
    buffer_close(&expected);
}

static void give_input(struct vector_case *now, const char *value)
{
    struct buffer act = {0};
    begin(now);
    vectors_hex(&act, value + 2);
    now->status = noise_read(&now->handshake, buffer_bytes(&act), &now->reply);
    buffer_close(&act);
}

static void take_line(struct vector_case *now, const char *name, const char *value)
{
    if (strcmp(name, "rs.pub") == 0) {
        ck_assert(hex_decode(now->responder.bytes, sizeof(now->responder), value));
    } else if (strcmp(name, "ls.priv") == 0) {
        ck_assert(hex_decode(now->key.bytes, sizeof(now->key), value));
    } else if (strcmp(name, "e.priv") == 0) {
        ck_assert(hex_decode(now->ephemeral.bytes, sizeof(now->ephemeral), value));
    } else if (strcmp(name, "output") == 0) {
        check_output(now, value);
    } else if (strcmp(name, "input") == 0) {
        give_input(now, value);
    }
}

/* Split "name: value" or "name=value"; false for an empty line. */
static bool split(char *line, char **name, char **value)
{
    *name = line + strspn(line, " \t");
    char *end = *name + strcspn(*name, ":=");
    if (*end == '\0') {
        return false;
    }
    *end = '\0';
    *value = end + 1 + strspn(end + 1, " ");
    return true;
}

START_TEST(every_handshake_of_bolt_8_ends_as_the_vectors_say)
{
    struct buffer text = {0};
    struct vector_case now = {0};
    size_t cases = 0;
    char *line;
    char *name;
    char *value;
    if (!vectors_read(&text, "bolt08_noise_xk.txt")) {
        return;
    }
    (void)buffer_text(&text);
    char *cursor = (char *)text.data;
    while (vectors_line(&line, &cursor)) {
        if (!split(line, &name, &value) || strcmp(name, "ck") == 0) {
            continue;
        }
        if (strcmp(name, "name") == 0) {
            buffer_close(&now.reply);
            now = (struct vector_case){0};
            now.initiator = strstr(value, "initiator") != NULL;
            cases++;
        }
        take_line(&now, name, value);
    }
    ck_assert_uint_eq(cases, 15);
    buffer_close(&now.reply);
    buffer_close(&text);
}
END_TEST

/* A finished handshake of two fixed keys; also that of the vectors. */
static void shake_hands(struct noise_handshake *a, struct noise_handshake *b,
                        struct bytes prologue_a, struct bytes prologue_b)
{
    struct secret_key keys[4];
    for (uint8_t i = 0; i < 4; i++) {
        static const uint8_t fills[4] = {0x11, 0x12, 0x21, 0x22};
        memset(keys[i].bytes, fills[i], sizeof(keys[i]));
    }
    struct point responder;
    struct buffer wire = {0};
    struct buffer reply = {0};
    point_of(&responder, &keys[2]);
    ck_assert(noise_initiate(a, prologue_a, &keys[0], &keys[1], &responder, &wire));
    noise_respond(b, prologue_b, &keys[2], &keys[3]);
    if (noise_read(b, buffer_bytes(&wire), &reply) == NOISE_OK) {
        buffer_clear(&wire);
        ck_assert(noise_read(a, buffer_bytes(&reply), &wire) == NOISE_OK);
        ck_assert(noise_read(b, buffer_bytes(&wire), &reply) == NOISE_OK);
    }
    buffer_close(&wire);
    buffer_close(&reply);
}

START_TEST(messages_are_those_of_the_vectors_across_key_rotations)
{
    struct buffer text = {0};
    struct buffer expected = {0};
    struct buffer sealed = {0};
    struct noise_handshake a;
    struct noise_handshake b;
    char *line;
    char *name;
    char *value;
    unsigned sent = 0;
    size_t checked = 0;
    if (!vectors_read(&text, "bolt08_noise_xk.txt")) {
        return;
    }
    shake_hands(&a, &b, bytes_of_text("lightning"), bytes_of_text("lightning"));
    (void)buffer_text(&text);
    char *cursor = (char *)text.data;
    while (vectors_line(&line, &cursor)) {
        if (!split(line, &name, &value) || strncmp(name, "output ", 7) != 0) {
            continue;
        }
        unsigned wanted = (unsigned)strtoul(name + 7, NULL, 10);
        for (; sent <= wanted; sent++) {
            buffer_clear(&sealed);
            noise_seal(&a.send, &sealed, bytes_of_text("hello"));
        }
        buffer_clear(&expected);
        vectors_hex(&expected, value + 2);
        ck_assert(bytes_equal(buffer_bytes(&sealed), buffer_bytes(&expected)));
        checked++;
    }
    ck_assert_uint_eq(checked, 4);
    buffer_close(&text);
    buffer_close(&expected);
    buffer_close(&sealed);
}
END_TEST

START_TEST(two_sides_understand_each_other_for_thousands_of_messages)
{
    struct noise_handshake a;
    struct noise_handshake b;
    struct buffer sealed = {0};
    uint8_t opened[64];
    uint64_t seed = 1;
    shake_hands(&a, &b, bytes_of_text("souk"), bytes_of_text("souk"));
    for (size_t i = 0; i < 3000; i++) {
        struct noise_cipher *from = i % 3 == 0 ? &b.send : &a.send;
        struct noise_cipher *to = i % 3 == 0 ? &a.receive : &b.receive;
        uint8_t plain[64];
        uint16_t size;
        check_random_fill(&seed, plain, sizeof(plain));
        struct bytes message = {plain, i % 65};
        buffer_clear(&sealed);
        noise_seal(from, &sealed, message);
        ck_assert(noise_open_header(to, &size, sealed.data) == NOISE_OK);
        ck_assert_uint_eq(size, message.size);
        struct bytes body = {sealed.data + NOISE_HEADER_SIZE, sealed.size - NOISE_HEADER_SIZE};
        ck_assert(noise_open_body(to, opened, body) == NOISE_OK);
        ck_assert(memcmp(opened, plain, size) == 0);
    }
    buffer_close(&sealed);
}
END_TEST

START_TEST(another_prologue_fails_at_act_1)
{
    struct noise_handshake a;
    struct noise_handshake b;
    shake_hands(&a, &b, bytes_of_text("souk chain 1"), bytes_of_text("souk chain 2"));
    ck_assert(b.step == NOISE_FAILED);
}
END_TEST

START_TEST(a_changed_or_replayed_message_is_refused)
{
    struct noise_handshake a;
    struct noise_handshake b;
    struct buffer sealed = {0};
    uint8_t opened[64];
    uint16_t size;
    shake_hands(&a, &b, bytes_of_text("souk"), bytes_of_text("souk"));
    struct noise_cipher again = b.receive;
    noise_seal(&a.send, &sealed, bytes_of_text("hello"));
    struct bytes body = {sealed.data + NOISE_HEADER_SIZE, sealed.size - NOISE_HEADER_SIZE};
    sealed.data[3] ^= 1;
    ck_assert(noise_open_header(&b.receive, &size, sealed.data) == NOISE_BAD_HEADER);
    sealed.data[3] ^= 1;
    sealed.data[NOISE_HEADER_SIZE] ^= 1;
    b.receive = again;
    ck_assert(noise_open_header(&b.receive, &size, sealed.data) == NOISE_OK);
    ck_assert(noise_open_body(&b.receive, opened, body) == NOISE_BAD_MESSAGE);
    sealed.data[NOISE_HEADER_SIZE] ^= 1;
    b.receive = again;
    ck_assert(noise_open_header(&b.receive, &size, sealed.data) == NOISE_OK);
    ck_assert(noise_open_body(&b.receive, opened, body) == NOISE_OK);
    ck_assert(noise_open_header(&b.receive, &size, sealed.data) == NOISE_BAD_HEADER);
    buffer_close(&sealed);
}
END_TEST

START_TEST(refuses_to_dial_a_key_that_is_no_point)
{
    struct noise_handshake a;
    struct secret_key key = {{1}};
    struct point nobody = {{4}};
    struct buffer wire = {0};
    ck_assert(!noise_initiate(&a, bytes_of_text("souk"), &key, &key, &nobody, &wire));
    ck_assert(a.step == NOISE_FAILED);
    buffer_close(&wire);
}
END_TEST

START_TEST(secrets_are_gone_after_the_handshake)
{
    static const struct secret_key zero;
    struct noise_handshake a;
    struct noise_handshake b;
    shake_hands(&a, &b, bytes_of_text("souk"), bytes_of_text("souk"));
    ck_assert_mem_eq(&a.key, &zero, sizeof(zero));
    ck_assert_mem_eq(&a.ephemeral, &zero, sizeof(zero));
    ck_assert_mem_eq(b.temporary_key, &zero, sizeof(zero));
    noise_handshake_close(&a);
    ck_assert_mem_eq(a.send.key, &zero, sizeof(zero));
    ck_assert_mem_eq(a.receive.key, &zero, sizeof(zero));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("noise");
    tcase_add_test(tests, every_handshake_of_bolt_8_ends_as_the_vectors_say);
    tcase_add_test(tests, messages_are_those_of_the_vectors_across_key_rotations);
    tcase_add_test(tests, two_sides_understand_each_other_for_thousands_of_messages);
    tcase_add_test(tests, another_prologue_fails_at_act_1);
    tcase_add_test(tests, a_changed_or_replayed_message_is_refused);
    tcase_add_test(tests, refuses_to_dial_a_key_that_is_no_point);
    tcase_add_test(tests, secrets_are_gone_after_the_handshake);
    return check_run("noise", tests);
}
