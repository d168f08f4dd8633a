#include "consensus/signer.h"

#include <stdio.h>

static const char *const call_names[] = {"key", "sign"};
static const char *const status_names[] = {"ok", "refused", "another chain",
                                           "the evidence proves nothing",
                                           "the fees are more than the signer may spend"};
static const char *const type_names[] = {
    "propose",  "prepare", "commit",   "round change", "status",
    "get body", "body",    "prepared", "committed",
};
#define VERDICT_NAME(name, text) text,
static const char *const verdict_names[] = {VOTE_GUARD_VERDICT_LIST(VERDICT_NAME)};
#undef VERDICT_NAME
_Static_assert(ARRAY_COUNT(call_names) == SIGNER_VOTE_CALL_COUNT, "every call has a name");
_Static_assert(ARRAY_COUNT(status_names) == SIGNER_STATUS_COUNT, "every status has a name");
_Static_assert(ARRAY_COUNT(type_names) == VOTE_TYPE_COUNT, "every type has a name");

static const struct field request_fields[] = {
    SCHEMA_U8(struct signer_request, version),
    SCHEMA_ENUM(struct signer_request, call, call_names),
    SCHEMA_ARRAY(struct signer_request, chain_id, FORM_HEX),
    SCHEMA_ENUM(struct signer_request, type, type_names),
    SCHEMA_U64(struct signer_request, height),
    SCHEMA_U32(struct signer_request, round),
    SCHEMA_ARRAY(struct signer_request, digest, FORM_HEX),
};
const struct schema signer_request_schema =
    SCHEMA("signer_request", struct signer_request, request_fields);

static const struct field answer_fields[] = {
    SCHEMA_U8(struct signer_answer, version),
    SCHEMA_ENUM(struct signer_answer, status, status_names),
    SCHEMA_ENUM(struct signer_answer, verdict, verdict_names),
    SCHEMA_ARRAY(struct signer_answer, public_key, FORM_HEX),
    SCHEMA_ARRAY(struct signer_answer, signature, FORM_HEX),
    SCHEMA_U64(struct signer_answer, height),
    SCHEMA_U32(struct signer_answer, free_round),
};
const struct schema signer_answer_schema =
    SCHEMA("signer_answer", struct signer_answer, answer_fields);

const char *signer_status_text(enum signer_status status)
{
    return (size_t)status < SIGNER_STATUS_COUNT ? status_names[status] : "unknown";
}

void signer_request_of(struct signer_request *out, const struct hash *chain_id,
                       const struct vote *vote)
{
    *out = (struct signer_request){.version = SIGNER_VERSION,
                                   .call = SIGNER_SIGN,
                                   .chain_id = *chain_id,
                                   .type = vote->type,
                                   .height = vote->height,
                                   .round = vote->round,
                                   .digest = vote->digest};
}

void signer_request_vote(struct vote *out, const struct signer_request *request)
{
    *out = (struct vote){.type = request->type,
                         .height = request->height,
                         .round = request->round,
                         .digest = request->digest};
}

/* One value has one encoding: a request for the key names no vote. */
static bool names_no_vote(const struct signer_request *request)
{
    static const struct hash zero;
    return request->type == 0 && request->height == 0 && request->round == 0 &&
           hash_equal(&request->digest, &zero);
}

static bool fail(char *error, size_t error_size, const char *text)
{
    if (error_size > 0) {
        (void)snprintf(error, error_size, "%s", text);
    }
    return false;
}

bool signer_request_decode(struct signer_request *out, struct bytes input, char *error,
                           size_t error_size)
{
    if (!schema_decode(&signer_request_schema, out, input, error, error_size)) {
        return false;
    }
    if (out->version != SIGNER_VERSION) {
        return fail(error, error_size, "version of the request is not 1");
    }
    return out->call != SIGNER_KEY || names_no_vote(out) ||
           fail(error, error_size, "a request for the key names a vote");
}

bool signer_answer_decode(struct signer_answer *out, struct bytes input, char *error,
                          size_t error_size)
{
    return schema_decode(&signer_answer_schema, out, input, error, error_size) &&
           (out->version == SIGNER_VERSION ||
            fail(error, error_size, "version of the answer is not 1"));
}
