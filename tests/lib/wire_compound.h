/* The encodings that are made of several structures, and the tables that are no structure's. */
#ifndef TESTS_LIB_WIRE_COMPOUND_H
#define TESTS_LIB_WIRE_COMPOUND_H

#include "base/buffer.h"

/* Append an example of each. */
void wire_compound_block(struct buffer *out);
void wire_compound_propose(struct buffer *out);
void wire_compound_prepare(struct buffer *out);
void wire_compound_commit(struct buffer *out);
void wire_compound_round_change(struct buffer *out);
void wire_compound_status(struct buffer *out);
void wire_compound_get_body(struct buffer *out);
void wire_compound_body(struct buffer *out);
void wire_compound_prepared(struct buffer *out);
void wire_compound_committed(struct buffer *out);
void wire_compound_frame(struct buffer *out);
void wire_compound_blocks(struct buffer *out);
void wire_compound_delivery(struct buffer *out);

/* Append Markdown: the keys of the state, the types of frames, a transfer byte by byte. */
void wire_compound_keys(struct buffer *out);
void wire_compound_frame_types(struct buffer *out);
void wire_compound_worked_example(struct buffer *out);

#endif /* TESTS_LIB_WIRE_COMPOUND_H */
