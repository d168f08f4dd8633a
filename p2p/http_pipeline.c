#include "p2p/http_pipeline.h"

#include "p2p/http_answer.h"

void http_source_close(struct http_source *source)
{
    if (source->close != NULL) {
        source->close(source->context);
        *source = (struct http_source){0};
    }
}

void http_pipeline_close(struct http_pipeline *pipeline)
{
    for (size_t i = 0; i < HTTP_PIPELINE_MAX; i++) {
        buffer_close(&pipeline->answers[i].bytes);
        http_source_close(&pipeline->answers[i].source);
    }
}

uint64_t http_pipeline_next(const struct http_pipeline *pipeline)
{
    return pipeline->first_number + pipeline->count;
}

static struct http_pipelined *answer_at(struct http_pipeline *pipeline, uint64_t number)
{
    return &pipeline->answers[number % HTTP_PIPELINE_MAX];
}

uint64_t http_pipeline_push(struct http_pipeline *pipeline, bool without_body, bool keep_alive)
{
    assert(pipeline->count < HTTP_PIPELINE_MAX);
    uint64_t number = http_pipeline_next(pipeline);
    struct http_pipelined *answer = answer_at(pipeline, number);
    pipeline->count++;
    answer->given = false;
    answer->without_body = without_body;
    answer->keep_alive = keep_alive;
    return number;
}

struct http_pipelined *http_pipeline_awaited(struct http_pipeline *pipeline, uint64_t number)
{
    struct http_pipelined *answer = answer_at(pipeline, number);
    bool waits = number >= pipeline->first_number && number < http_pipeline_next(pipeline);
    return waits && !answer->given ? answer : NULL;
}

struct http_pipelined *http_pipeline_first(struct http_pipeline *pipeline)
{
    struct http_pipelined *answer = answer_at(pipeline, pipeline->first_number);
    return pipeline->count > 0 && answer->given ? answer : NULL;
}

void http_pipeline_drop(struct http_pipeline *pipeline)
{
    struct http_pipelined *answer = http_pipeline_first(pipeline);
    assert(answer != NULL);
    buffer_close(&answer->bytes);
    http_source_close(&answer->source);
    pipeline->first_number++;
    pipeline->count--;
}

void http_pipelined_give(struct http_pipelined *answer, uint16_t status, const char *content_type,
                         struct bytes body)
{
    http_answer_head(&answer->bytes, status, content_type, "", body.size, answer->keep_alive);
    if (!answer->without_body && status != 204) {
        buffer_append(&answer->bytes, body);
    }
    answer->given = true;
}

void http_pipelined_give_source(struct http_pipelined *answer, uint16_t status,
                                const char *content_type, const char *headers,
                                const struct http_source *source)
{
    answer->source = *source;
    http_answer_head(&answer->bytes, status, content_type, headers, source->size,
                     answer->keep_alive);
    if (answer->without_body || source->size == 0) {
        http_source_close(&answer->source);
    }
    answer->given = true;
}

void http_pipelined_give_error(struct http_pipelined *answer, uint16_t status, const char *text)
{
    struct buffer body = {0};
    http_answer_error(&body, text);
    http_pipelined_give(answer, status, "application/json", buffer_bytes(&body));
    buffer_close(&body);
}
