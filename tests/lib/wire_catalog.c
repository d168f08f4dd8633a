#include "tests/lib/wire_catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "consensus/light.h"
#include "consensus/signer.h"
#include "market/claim.h"
#include "market/events.h"
#include "market/genesis.h"
#include "market/operands.h"
#include "market/signing.h"
#include "node/frames.h"
#include "tests/lib/wire_compound.h"
#include "tests/lib/wire_text.h"
#include "tools/server/sum_message.h"
#include "vm/opcodes.h"
#include "vm/program.h"

static const struct wire_entry transaction_entries[] = {
    {"transaction",
     "The body is everything before the signature. The signature is BIP-340 over "
     "H_souk/transaction/v1(body), the id H_souk/transaction-id/v1(body, signature).",
     &transaction_schema, NULL},
    {"envelope",
     "What travels, waits in the pool and stands in blocks. The sidecar is empty, or has the size "
     "and the Merkle root that the transaction names.",
     &envelope_schema, NULL},
    {"program", "In the field of this name of a transaction.", &program_schema, NULL},
    {"receipt",
     "`refusal.code` 0: the program ran to its end. Each event is u16 kind, then its structure as "
     "bytes (length first).",
     &receipt_schema, NULL},
};

static const struct wire_entry record_entries[] = {
    {"parameters", "Key 0a.", &parameters_schema, NULL},
    {"chain", "Key 00.", &chain_record_schema, NULL},
    {"account", "Key 01. `roles`: 1 admin, 2 publisher, 4 contributor, 8 server.", &account_schema,
     NULL},
    {"server", "Key 02.", &server_schema, NULL},
    {"model", "Key 04. `terms` is an encoded `model_terms`.", &model_schema, NULL},
    {"model_terms", "Also the operand of `MODEL_PUBLISH`.", &model_terms_schema, NULL},
    {"round",
     "Key 05. `active`, `posted`, `convicted`, `dealt`, `misdealt`: bit j - 1 is server j.",
     &round_schema, NULL},
    {"participant", "Key 06.", &participant_schema, NULL},
    {"deadline", "Key 09 with a sequence.", &deadline_schema, NULL},
    {"proof", "Key 0f.", &proof_record_schema, NULL},
    {"pad", "Key 10.", &pad_schema, NULL},
    {"dispute", "Key 11; index ffff is the pad's.", &dispute_schema, NULL},
    {"published", "Key 12.", &published_schema, NULL},
    {"public_values", "Key 13. Signed integers of 8 bytes, two's complement.",
     &public_values_schema, NULL},
    {"deal", "Key 14, from DEAL to the end of CONFIRM.", &deal_schema, NULL},
    {"governance", "Key 20.", &governance_schema, NULL},
    {"set_begin", "Key 22. Key 21 with the same number is the set: `validators`, below.",
     &set_begin_schema, NULL},
    {"proposal", "Key 23. `action` is the encoded operand of the instruction that proposed it.",
     &proposal_schema, NULL},
    {"ballot", "Key 24.", &ballot_schema, NULL},
    {"next_parameters", "Key 26, from a change to the block that it begins with.",
     &next_parameters_schema, NULL},
    {"permitted_nodes", "Key 27.", &permitted_nodes_schema, NULL},
    {"features", "Key 28.", &features_schema, NULL},
    {"checkpoints", "Key 29, oldest first; at height 0 the digest is the chain id.",
     &checkpoints_schema, NULL},
    {"heartbeat", "Key 2a.", &heartbeat_schema, NULL},
    {"pardon", "Key 2b.", &pardon_schema, NULL},
};

static const struct wire_entry genesis_entries[] = {
    {"genesis", "The chain id is H_souk/genesis/v1 of this.", &genesis_schema, NULL},
};

static const struct wire_entry consensus_entries[] = {
    {"header", "The block's name is H_souk/block/v1 of this.", &block_header_schema, NULL},
    {"certificate",
     "`signers`: validator i is bit i mod 8 of byte i / 8; the signatures are in ascending order "
     "of "
     "the signers, each over the vote that it stands for.",
     &certificate_schema, NULL},
    {"demotions",
     "Leaders that failed, as a block leaves them. Hashed with H_souk/demotions/v1 into its "
     "header.",
     &demotions_schema, NULL},
    {"block",
     "| part | |\n|---|---|\n"
     "| header | as above |\n"
     "| body | bytes, at most 4 MiB: envelopes, each as bytes |\n"
     "| last_commit | option: 0, or 1 and a certificate; 0 at height 1 only |\n"
     "| demotions | as above |\n",
     NULL, wire_compound_block},
    {"vote",
     "The head of every message. Signed is H_souk/vote/v1(chain id, u8 type, u64 height, u32 "
     "round, "
     "digest).",
     &vote_schema, NULL},
    {"conflict",
     "Evidence: two votes of one validator for the same type, height and round; `first` is below "
     "`second`.",
     &conflict_schema, NULL},
    {"prepared", "In a ROUND_CHANGE. All zero where nothing was prepared.",
     &message_prepared_schema, NULL},
    {"round_change_quoted", "In a PROPOSE above round 0.", &message_change_schema, NULL},
    {"message_propose",
     "| part | |\n|---|---|\n"
     "| vote | type 0 |\n"
     "| block | as above |\n"
     "| changes | list of `round_change_quoted`; empty in round 0 |\n"
     "| certificate | option: of the highest prepared block among the changes |\n",
     NULL, wire_compound_propose},
    {"message_prepare", "A vote of type 1 and nothing else.", NULL, wire_compound_prepare},
    {"message_commit", "A vote of type 2 and nothing else.", NULL, wire_compound_commit},
    {"message_round_change",
     "| part | |\n|---|---|\n"
     "| vote | type 3; its digest is H_souk/round-change/v1 of `prepared` |\n"
     "| prepared | as above |\n"
     "| certificate | option: 1 exactly where something was prepared |\n",
     NULL, wire_compound_round_change},
    {"message_status",
     "A vote of type 4 whose `sender` is 0, then the sender's voting key, 32 bytes, "
     "and a bool: the sender holds the proposal of its round.",
     NULL, wire_compound_status},
    {"message_get_body", "A vote of type 5 and nothing else.", NULL, wire_compound_get_body},
    {"message_body", "A vote of type 6, then the block.", NULL, wire_compound_body},
    {"message_prepared",
     "A vote of type 7, then the certificate of the PREPAREs that the leader collected.", NULL,
     wire_compound_prepared},
    {"message_committed",
     "A vote of type 8, then the certificate of the COMMITs that the leader collected.", NULL,
     wire_compound_committed},
    {"validators", "Hashed with H_souk/validators/v1 into every header.", &validators_schema, NULL},
};

static const struct wire_entry signer_entries[] = {
    {"signer_request",
     "From a node to souk-signer: 79 bytes. For `call` key the fields of the vote are zero.",
     &signer_request_schema, NULL},
    {"signing_heartbeat",
     "`call` 2: the signature of HEARTBEAT, over H_souk/heartbeat/v1(chain_id || node_key || "
     "height || digest).",
     &signing_heartbeat_schema, NULL},
    {"signing_evidence",
     "`call` 3: the signature of the transaction whose program is this EVIDENCE and STOP, with the "
     "signer's key as sender and no sidecar.",
     &signing_evidence_schema, NULL},
    {"signer_answer",
     "One for each request, in order: 111 bytes. The signature is that of what was asked for, zero "
     "where it was not given.",
     &signer_answer_schema, NULL},
    {"vote_guard",
     "In the signer's memory: what was signed, ascending by height and type. `floor`: nothing "
     "below "
     "is signed any more.",
     &vote_guard_schema, NULL},
};

static const struct wire_entry proof_entries[] = {
    {"light_proof",
     "What `prove=true` answers and a proof file holds. `handovers`: for each change of the set "
     "from the "
     "genesis on, the header that hands over, its certificate, and the next `validators`, one "
     "after the "
     "other without a length. `headers`: one of kind state, two of kind "
     "transaction; each is the parent of the next. `certificate` is an encoded `certificate` of "
     "COMMIT votes for the last header. `claim` is one of the two below, by `kind`.",
     &light_proof_schema, NULL},
    {"claim_state",
     "Under the `state_root` of the last header. `siblings` are those of the trie from the root "
     "down. Where `leaf_present` is 0 the path ends in nothing and the last two are zero.",
     &claim_state_schema, NULL},
    {"claim_transaction",
     "`receipt` is an encoded `receipt`. `id_siblings`, from the leaf up, lead to the `tx_root` of "
     "the first header, of a tree of `count` ids; `receipt_siblings` to the `receipts_root` of the "
     "second, of a tree of `count` + 1 receipts.",
     &claim_transaction_schema, NULL},
};

static const struct wire_entry frame_entries[] = {
    {"frame",
     "| offset | bytes | field | kind |\n|---|---|---|---|\n"
     "| 0 | 4 | size | u32: of the payload alone |\n"
     "| 4 | 1 | type | u8 |\n"
     "| 5 | size | payload | |\n",
     NULL, wire_compound_frame},
    {"status", "Payload of type 3.", &frame_status_schema, NULL},
    {"get_blocks", "Payload of type 4.", &frame_get_blocks_schema, NULL},
    {"snapshot", "One of those in a payload of type 9; `hash` is of the manifest.",
     &frame_snapshot_schema, NULL},
    {"get_chunk",
     "Payload of type 10; `part` is the number of the chunk, or 2^32 - 1: the manifest.",
     &frame_get_chunk_schema, NULL},
    {"blocks",
     "Payload of type 5: u64 request, then for each block the block as bytes and the certificate "
     "that decided it as bytes, to the end of the frame.",
     NULL, wire_compound_blocks},
    {"get_blob",
     "Payload of type 6. Segment i is the bytes from 262144 i on, 262144 of them or to the end; "
     "with "
     "segment 2^32 - 1 the list of the hashes of all segments is wanted.",
     &frame_get_blob_schema, NULL},
    {"blob",
     "Payload of type 7: a segment, or the list, 32 bytes for each segment; empty where the sender "
     "does not hold a blob of this root and size. The hash of a segment is that of its subtree of "
     "up "
     "to 64 leaves in the blob's tree (`docs/pv-snip.md`, section 3), so the list gives the root.",
     &frame_blob_schema, NULL},
};

static const struct wire_entry server_entries[] = {
    {"share_delivery",
     "The body of `POST /share/<model>/<round>/<owner>`, for S servers with threshold t and d "
     "elements. Its size is known from the round; there is no length.\n\n"
     "| offset | bytes | field | kind |\n|---|---|---|---|\n"
     "| 0 | 32 (S - t) | roots | of the ciphertexts for servers t + 1 .. S |\n"
     "| 32 (S - t) | 8 (d + 2) | ciphertext | field elements below p, u64 each |\n",
     NULL, wire_compound_delivery},
    {"sum_message",
     "The body of `POST /sum/<model>/<round>/<j>`. The sum is 8 bytes for each element, below p; "
     "the "
     "signature is over H_souk/sum/v1(ctx, u8 j, sum).",
     &sum_message_schema, NULL},
};

const struct wire_section wire_sections[] = {
    {"Transactions", "transaction", NULL, transaction_entries, ARRAY_COUNT(transaction_entries)},
    {"Operands of native instructions", "operands",
     "In a program's code: opcode 60, u8 id, then the structure as bytes.", NULL, 0},
    {"Records of the state", "records", NULL, record_entries, ARRAY_COUNT(record_entries)},
    {"Events", "events", "In receipts: u16 kind, then the structure as bytes.", NULL, 0},
    {"Genesis", "genesis", NULL, genesis_entries, ARRAY_COUNT(genesis_entries)},
    {"Consensus", "consensus", NULL, consensus_entries, ARRAY_COUNT(consensus_entries)},
    {"Signer", "signer", "Over the Unix socket of souk-signer.", signer_entries,
     ARRAY_COUNT(signer_entries)},
    {"Light proofs", "proofs", NULL, proof_entries, ARRAY_COUNT(proof_entries)},
    {"Frames between nodes", "frames", NULL, frame_entries, ARRAY_COUNT(frame_entries)},
    {"Aggregation servers", "servers", NULL, server_entries, ARRAY_COUNT(server_entries)},
};
const size_t wire_section_total = ARRAY_COUNT(wire_sections);

static bool is_operands(const struct wire_section *section)
{
    return strcmp(section->file, "operands") == 0;
}

/* The n-th kind of event that there is; 0 beyond the last. */
static uint16_t event_kind(size_t n)
{
    for (uint16_t kind = 1; kind < 1000; kind++) {
        if (event_schema(kind) != NULL && n-- == 0) {
            return kind;
        }
    }
    return 0;
}

size_t wire_section_count(const struct wire_section *section)
{
    size_t count = 0;
    if (section->entries != NULL) {
        return section->entry_count;
    }
    if (is_operands(section)) {
        return market_natives.count;
    }
    while (event_kind(count) != 0) {
        count++;
    }
    return count;
}

void wire_section_entry(const struct wire_section *section, size_t index, struct wire_entry *out)
{
    if (section->entries != NULL) {
        *out = section->entries[index];
    } else if (is_operands(section)) {
        const struct native *native = &market_natives.rows[index];
        *out = (struct wire_entry){native->name, NULL, native->operand, NULL};
    } else {
        const struct schema *schema = event_schema(event_kind(index));
        *out = (struct wire_entry){schema->name, NULL, schema, NULL};
    }
}

const struct wire_tag wire_tags[] = {
    {"souk/address/v1", "x-only public key; the address is the first 20 bytes"},
    {"souk/block/v1", "header: the name of a block"},
    {"souk/certificate/v1", "certificate: last_commit_hash of the next header"},
    {"souk/demotions/v1", "demotions: demotions_hash of headers"},
    {"souk/genesis/v1", "genesis: the chain id"},
    {"souk/heartbeat/v1", "chain id, node key, u64 height, digest: signature of HEARTBEAT"},
    {"souk/key/v1", "key of the state: its place in the trie"},
    {"souk/leaf/v1", "key hash, value hash: a leaf of the trie"},
    {"souk/node/v1", "left, right: an inner node of the trie"},
    {"souk/pad-nonce/v1", "seed of a pad: nonce2 of its second vector"},
    {"souk/round-change/v1", "prepared: digest of a ROUND_CHANGE"},
    {"souk/server/v1", "chain id, address, encryption key: proof of SERVER_REGISTER"},
    {"souk/snapshot-chunk/v1", "chunk of a snapshot"},
    {"souk/snapshot/v1", "manifest of a snapshot: its name (docs/storage.md)"},
    {"souk/sum/v1", "ctx, u8 j, sum: signature of a sum message"},
    {"souk/transaction-id/v1", "body, signature: the id of a transaction"},
    {"souk/transaction/v1", "body: signature of a transaction"},
    {"souk/validators/v1", "validators: validators_hash of headers"},
    {"souk/value/v1", "value of the state"},
    {"souk/vote/v1", "chain id, type, height, round, digest: signature of a vote"},
};
const size_t wire_tag_count = ARRAY_COUNT(wire_tags);

static void write_tags(struct buffer *out)
{
    buffer_append_text(out,
                       "## Tags of hashes\n\n| tag | what is hashed, and for what |\n|---|---|\n");
    for (size_t i = 0; i < wire_tag_count; i++) {
        buffer_format(out, "| `%s` | %s |\n", wire_tags[i].tag, wire_tags[i].what);
    }
    buffer_append_text(out, "\n");
}

static void write_heading(struct buffer *out, const struct wire_section *section, size_t index,
                          const struct wire_entry *entry)
{
    if (section->entries != NULL) {
        buffer_format(out, "### %s\n\n", entry->name);
    } else if (is_operands(section)) {
        const struct native *native = &market_natives.rows[index];
        buffer_format(out, "### %s\n\nId %u%s.\n\n", native->name, native->id,
                      native->query ? ", a query" : "");
    } else {
        buffer_format(out, "### %s\n\nKind %u.\n\n", entry->name, event_kind(index));
    }
}

static void write_section(struct buffer *out, const struct wire_section *section)
{
    buffer_format(out, "## %s\n\nExamples: `tests/vectors/wire_%s.txt`.\n\n", section->title,
                  section->file);
    if (section->text != NULL) {
        buffer_format(out, "%s\n\n", section->text);
    }
    for (size_t i = 0; i < wire_section_count(section); i++) {
        struct wire_entry entry;
        wire_section_entry(section, i, &entry);
        write_heading(out, section, i, &entry);
        if (entry.text != NULL) {
            buffer_format(out, "%s\n", entry.text);
        }
        if (entry.text != NULL && entry.schema != NULL) {
            buffer_append_text(out, "\n");
        }
        if (entry.schema != NULL) {
            wire_text_table(out, entry.schema);
        }
        buffer_append_text(out, "\n");
    }
}

void wire_catalog_document(struct buffer *out)
{
    buffer_append_text(out, "\n");
    wire_compound_worked_example(out);
    for (size_t i = 0; i < wire_section_total; i++) {
        write_section(out, &wire_sections[i]);
        if (strcmp(wire_sections[i].file, "records") == 0) {
            wire_compound_keys(out);
        } else if (strcmp(wire_sections[i].file, "frames") == 0) {
            wire_compound_frame_types(out);
        }
    }
    write_tags(out);
}
