#include "p2p/http_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/lib/check_run.h"

#define DEADLINE_MS 120000
#define LATER_MAX   64
#define BIG_SIZE    ((size_t)8 << 20)

static uv_loop_t loop;
static struct http_server *server;
static struct http_response later[LATER_MAX]; /* requests for /later, not answered yet */
static size_t later_count;
static bool closed;

/* A client with a plain socket, and what it received. */
struct client {
    struct buffer in;
    int socket;
    bool ended;
};

/* Run the loop until `expression` holds; the test fails where it does not in time. */
#define AWAIT(expression)                                                                          \
    do {                                                                                           \
        uint64_t begin_ms = uv_hrtime() / 1000000;                                                 \
        while (!(expression)) {                                                                    \
            ck_assert_msg(uv_hrtime() / 1000000 - begin_ms < DEADLINE_MS, "in vain: %s",           \
                          #expression);                                                            \
            (void)uv_run(&loop, UV_RUN_NOWAIT);                                                    \
        }                                                                                          \
    } while (0)

static void on_request(void *context, const struct http_request *request,
                       struct http_response response)
{
    ck_assert_ptr_eq(context, &loop);
    if (strcmp(request->path, "/later") == 0) {
        ck_assert_uint_lt(later_count, LATER_MAX);
        later[later_count++] = response;
    } else if (strcmp(request->path, "/big") == 0) {
        struct buffer big = {0};
        buffer_reserve(&big, BIG_SIZE);
        memset(big.data, 'x', BIG_SIZE);
        big.size = BIG_SIZE;
        ck_assert(http_respond(response, 200, "text/plain", buffer_bytes(&big)));
        buffer_close(&big);
    } else if (strcmp(request->path, "/error") == 0) {
        ck_assert(http_respond_error(response, 404, "no \"such\"\n\\thing"));
    } else if (request->method == HTTP_METHOD_GET || request->method == HTTP_METHOD_HEAD) {
        ck_assert(http_respond(response, 200, "text/plain", bytes_of_text(request->path)));
    } else {
        ck_assert(http_respond(response, 200, "text/plain", request->body));
    }
}

static void open_server(const struct http_server_config *with)
{
    struct http_server_config config = *with;
    ck_assert(uv_loop_init(&loop) == 0);
    config.host = "127.0.0.1";
    config.on_request = on_request;
    config.context = &loop;
    later_count = 0;
    closed = false;
    ck_assert(http_server_open(&server, &loop, &config) == HTTP_SERVER_OK);
}

static void on_closed(void *context)
{
    (void)context;
    closed = true;
}

static void close_server(void)
{
    http_server_close(server, on_closed, NULL);
    AWAIT(closed);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(uv_loop_close(&loop) == 0);
}

static struct client dial(void)
{
    struct sockaddr_in address;
    struct client client = {.socket = socket(AF_INET, SOCK_STREAM, 0)};
    ck_assert(uv_ip4_addr("127.0.0.1", http_server_port(server), &address) == 0);
    ck_assert(connect(client.socket, (struct sockaddr *)&address, sizeof(address)) == 0);
    return client;
}

static void say(struct client *client, const char *text)
{
    size_t size = strlen(text);
    ck_assert(send(client->socket, text, size, MSG_NOSIGNAL) == (ssize_t)size);
}

/* Take what has arrived. */
static void hear(struct client *client)
{
    static uint8_t block[65536];
    ssize_t size = recv(client->socket, block, sizeof(block), MSG_DONTWAIT);
    if (size > 0) {
        buffer_append(&client->in, (struct bytes){block, (size_t)size});
    } else if (size == 0 || errno == ECONNRESET) {
        client->ended = true;
    }
}

static bool heard(struct client *client, const char *text)
{
    hear(client);
    return strstr(buffer_text(&client->in), text) != NULL;
}

static bool heard_end(struct client *client)
{
    hear(client);
    return client->ended;
}

static bool heard_size(struct client *client, size_t size)
{
    hear(client);
    return client->in.size >= size;
}

static void hang_up(struct client *client)
{
    ck_assert(close(client->socket) == 0);
    buffer_close(&client->in);
}

#define GET(path)  "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST(body) "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n" body

START_TEST(answers_requests_on_a_connection_that_stays)
{
    struct http_server_config config = {0};
    open_server(&config);
    struct client client = dial();
    say(&client, GET("/one"));
    AWAIT(heard(&client, "/one"));
    ck_assert_str_eq(buffer_text(&client.in), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                                              "Content-Length: 4\r\n\r\n/one");
    buffer_clear(&client.in);
    say(&client, POST("hello"));
    AWAIT(heard(&client, "hello"));
    buffer_clear(&client.in);
    say(&client, "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n" GET("/two"));
    AWAIT(heard(&client, "/two"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&client.in), "Content-Length: 2\r\n\r\nHTTP/1.1"));
    say(&client, "GET /end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    AWAIT(heard_end(&client));
    ck_assert_ptr_nonnull(strstr(buffer_text(&client.in), "Connection: close\r\n\r\n/end"));
    ck_assert_uint_eq(http_server_statistics(server)->requests, 5);
    ck_assert_uint_eq(http_server_statistics(server)->connections, 1);
    hang_up(&client);
    close_server();
}
END_TEST

START_TEST(answers_errors_as_one_line_of_json)
{
    struct http_server_config config = {0};
    open_server(&config);
    struct client client = dial();
    say(&client, GET("/error"));
    AWAIT(heard(&client, "}\n"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&client.in), "HTTP/1.1 404 Not Found\r\n"));
    ck_assert_ptr_nonnull(
        strstr(buffer_text(&client.in), "{\"error\": \"no \\\"such\\\"\\u000a\\\\thing\"}\n"));
    hang_up(&client);
    close_server();
}
END_TEST

START_TEST(refuses_what_is_not_strict_http_and_closes)
{
    static const struct {
        const char *text;
        const char *status;
    } cases[] = {
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", " 411 "},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", " 400 "},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello", " 400 "},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello", " 400 "},
        {"GET / HTTP/1.1\r\nHost: a\r\n X: b\r\n\r\n", " 400 "},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", " 400 "},
        {"GET / HTTP/1.1\nHost: a\n\n", " 400 "},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\rY: c\r\n\r\n", " 400 "},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", " 400 "},
        {"GET / HTTP/1.1\r\n\r\n", " 400 "},
        {"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", " 501 "},
        {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", " 505 "},
    };
    struct http_server_config config = {0};
    open_server(&config);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct client client = dial();
        say(&client, cases[i].text);
        say(&client, GET("/smuggled"));
        AWAIT(heard_end(&client));
        ck_assert_msg(strstr(buffer_text(&client.in), cases[i].status) != NULL, "%s",
                      cases[i].text);
        ck_assert_ptr_nonnull(strstr(buffer_text(&client.in), "{\"error\": \""));
        ck_assert_ptr_null(strstr(buffer_text(&client.in), "smuggled"));
        hang_up(&client);
    }
    ck_assert_uint_eq(http_server_statistics(server)->requests, 0);
    ck_assert_uint_eq(http_server_statistics(server)->refused, ARRAY_COUNT(cases));
    close_server();
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_their_order)
{
    struct http_server_config config = {0};
    open_server(&config);
    struct client client = dial();
    say(&client, GET("/later") GET("/second") GET("/later") GET("/fourth"));
    AWAIT(later_count == 2);
    ck_assert(http_respond(later[1], 200, "text/plain", bytes_of_text("-third")));
    for (size_t i = 0; i < 20; i++) {
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    }
    hear(&client);
    ck_assert_uint_eq(client.in.size, 0);
    ck_assert(http_respond(later[0], 200, "text/plain", bytes_of_text("-first")));
    AWAIT(heard(&client, "/fourth"));
    const char *text = buffer_text(&client.in);
    ck_assert(strstr(text, "-first") < strstr(text, "/second"));
    ck_assert(strstr(text, "/second") < strstr(text, "-third"));
    ck_assert(strstr(text, "-third") < strstr(text, "/fourth"));
    hang_up(&client);
    close_server();
}
END_TEST

START_TEST(a_long_pipeline_waits_for_its_answers)
{
    struct http_server_config config = {0};
    size_t answered = 0;
    open_server(&config);
    struct client client = dial();
    for (size_t i = 0; i < 40; i++) {
        say(&client, GET("/later"));
    }
    say(&client, GET("/end"));
    AWAIT(later_count == HTTP_PIPELINE_MAX);
    for (; answered < 40; answered++) {
        AWAIT(later_count > answered);
        ck_assert_uint_le(later_count, answered + HTTP_PIPELINE_MAX);
        ck_assert(http_respond(later[answered], 200, "text/plain", bytes_of_text(".")));
    }
    AWAIT(heard(&client, "/end"));
    hang_up(&client);
    close_server();
}
END_TEST

START_TEST(an_answer_to_a_client_that_has_gone_is_dropped)
{
    struct http_server_config config = {.connection_max = 1};
    open_server(&config);
    struct client client = dial();
    say(&client, GET("/later"));
    AWAIT(later_count == 1);
    ck_assert(http_response_wanted(later[0]));
    hang_up(&client);
    AWAIT(!http_response_wanted(later[0]));
    /* Another client in the same slot must not get it. */
    client = dial();
    say(&client, GET("/later"));
    AWAIT(later_count == 2);
    ck_assert(!http_respond(later[0], 200, "text/plain", bytes_of_text("wrong")));
    ck_assert(http_respond(later[1], 200, "text/plain", bytes_of_text("right")));
    ck_assert(!http_respond(later[1], 200, "text/plain", bytes_of_text("twice")));
    AWAIT(heard(&client, "right"));
    ck_assert(!http_response_wanted(later[1]));
    hang_up(&client);
    close_server();
}
END_TEST

START_TEST(a_body_over_the_cap_is_refused_and_the_error_arrives)
{
    struct http_server_config config = {.body_max = 1000};
    char text[4096];
    open_server(&config);
    struct client client = dial();
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    say(&client, "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4095\r\n\r\n");
    say(&client, text);
    AWAIT(heard(&client, " 413 "));
    AWAIT(heard_end(&client));
    hang_up(&client);
    close_server();
}
END_TEST

/* Class 30 of docs/testing.md: Tendermint issues 2049 and 1740, CometBFT issue 517. */
START_TEST(bodies_together_are_bounded)
{
    struct http_server_config config = {.body_memory_max = 1500, .body_grace_ms = 1000000};
    open_server(&config);
    struct client first = dial();
    struct client second = dial();
    say(&first, "PUT /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx");
    AWAIT(http_server_statistics(server)->bytes_in > 0);
    say(&second, "PUT /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx");
    AWAIT(heard(&second, " 503 "));
    hang_up(&first);
    AWAIT(http_server_statistics(server)->connections_now <= 1);
    hang_up(&second);
    second = dial();
    say(&second, "PUT /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    for (size_t i = 0; i < 10; i++) {
        char part[101];
        memset(part, 'y', 100);
        part[100] = '\0';
        say(&second, part);
    }
    AWAIT(heard(&second, "yyyy"));
    hang_up(&second);
    close_server();
}
END_TEST

/* Another client brings a body: it is turned away, or the idle one makes room for it. */
static void knock(struct client *idle)
{
    struct client busy = dial();
    say(&busy, "PUT /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell");
    AWAIT(heard(&busy, " 503 ") || heard(idle, " 408 "));
    if (heard(idle, " 408 ")) {
        say(&busy, "o");
        AWAIT(heard(&busy, "\r\n\r\nhello"));
    }
    hang_up(&busy);
}

/* A client that announces a body and sends none of it must not keep the others out. */
START_TEST(a_body_that_does_not_come_makes_room)
{
    struct http_server_config config = {
        .body_memory_max = 1500, .body_timeout_ms = 10000000, .body_grace_ms = 1};
    open_server(&config);
    struct client idle = dial();
    say(&idle, "PUT /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1500\r\n\r\n");
    AWAIT(http_server_statistics(server)->bytes_in > 0);
    uint64_t first_ms = uv_hrtime() / 1000000;
    while (!heard(&idle, " 408 ")) { /* too early at first: a grace is to pass */
        ck_assert(uv_hrtime() / 1000000 - first_ms < DEADLINE_MS);
        knock(&idle);
    }
    hang_up(&idle);
    close_server();
}
END_TEST

START_TEST(says_continue_where_it_is_waited_for)
{
    struct http_server_config config = {0};
    open_server(&config);
    struct client client = dial();
    say(&client, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    AWAIT(heard(&client, "HTTP/1.1 100 Continue\r\n\r\n"));
    say(&client, "hello");
    AWAIT(heard(&client, "\r\n\r\nhello"));
    hang_up(&client);
    close_server();
}
END_TEST

/* Class 33 of docs/testing.md: CometBFT pull request 5433, issue 3519. */
START_TEST(a_head_that_drips_is_ended)
{
    struct http_server_config config = {.head_timeout_ms = 60};
    static const char text[] = "GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    size_t said = 0;
    open_server(&config);
    uint64_t next_ms = 0;
    uint64_t begin_ms = uv_hrtime() / 1000000;
    struct client client = dial();
    while (!heard(&client, " 408 ")) {
        (void)uv_run(&loop, UV_RUN_NOWAIT);
        uint64_t now_ms = uv_hrtime() / 1000000;
        if (now_ms >= next_ms) { /* a byte each 5 ms: never idle */
            ck_assert_uint_lt(said, sizeof(text) - 1);
            (void)send(client.socket, text + said, 1, MSG_NOSIGNAL);
            said++;
            next_ms = now_ms + 5;
        }
    }
    ck_assert_uint_ge(uv_hrtime() / 1000000 - begin_ms, 50); /* not at the first byte either */
    ck_assert_uint_eq(http_server_statistics(server)->timeouts, 1);
    hang_up(&client);
    close_server();
}
END_TEST

START_TEST(a_body_that_does_not_come_is_ended)
{
    struct http_server_config config = {.body_timeout_ms = 30};
    open_server(&config);
    struct client client = dial();
    say(&client, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell");
    AWAIT(heard(&client, "the body took too long"));
    AWAIT(heard_end(&client));
    hang_up(&client);
    close_server();
}
END_TEST

START_TEST(an_idle_connection_is_closed_but_not_one_that_waits_for_an_answer)
{
    struct http_server_config config = {.idle_timeout_ms = 500};
    open_server(&config);
    struct client waiting = dial();
    say(&waiting, GET("/later"));
    AWAIT(later_count == 1);
    struct client idle = dial();
    say(&idle, GET("/one"));
    AWAIT(heard(&idle, "/one"));
    AWAIT(heard_end(&idle));
    ck_assert(http_respond(later[0], 200, "text/plain", bytes_of_text("at last")));
    AWAIT(heard(&waiting, "at last"));
    AWAIT(heard_end(&waiting));
    hang_up(&waiting);
    hang_up(&idle);
    close_server();
}
END_TEST

START_TEST(long_answers_arrive_whole_and_a_client_that_takes_nothing_is_closed)
{
    struct http_server_config config = {.idle_timeout_ms = 1000};
    open_server(&config);
    struct client client = dial();
    struct client stuck = dial();
    say(&stuck, GET("/big") GET("/big"));
    say(&client, GET("/big") GET("/big"));
    AWAIT(heard_size(&client, 2 * BIG_SIZE));
    AWAIT(http_server_statistics(server)->timeouts >= 1);
    hang_up(&client);
    hang_up(&stuck);
    close_server();
}
END_TEST

START_TEST(a_pipeline_of_long_answers_is_answered_as_they_are_taken)
{
    struct http_server_config config = {0};
    open_server(&config);
    struct client client = dial();
    for (int i = 0; i < 10; i++) {
        say(&client, GET("/big"));
    }
    AWAIT(http_server_statistics(server)->requests >= 1);
    for (int i = 0; i < 1000; i++) {
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    }
    ck_assert_uint_eq(http_server_statistics(server)->requests, 1);
    AWAIT(heard_size(&client, 10 * BIG_SIZE));
    ck_assert_uint_eq(http_server_statistics(server)->requests, 10);
    hang_up(&client);
    close_server();
}
END_TEST

START_TEST(answers_together_are_bounded)
{
    struct http_server_config config = {.output_memory_max = 3 * BIG_SIZE};
    struct client clients[12];
    open_server(&config);
    for (size_t i = 0; i < ARRAY_COUNT(clients); i++) {
        clients[i] = dial();
        say(&clients[i], GET("/big"));
    }
    for (int i = 0; i < 2000; i++) {
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    }
    ck_assert_uint_le(http_server_statistics(server)->requests, 8); /* sockets hold a part */
    hang_up(&clients[0]);
    for (size_t i = 1; i < ARRAY_COUNT(clients); i++) {
        AWAIT(heard_size(&clients[i], BIG_SIZE));
    }
    for (size_t i = 1; i < ARRAY_COUNT(clients); i++) {
        hang_up(&clients[i]);
    }
    close_server();
}
END_TEST

/* Class 30 of docs/testing.md: Tendermint issues 2049 and 1740, CometBFT issue 517. */
START_TEST(connections_over_the_cap_are_turned_away)
{
    struct http_server_config config = {.connection_max = 2};
    struct client clients[3];
    open_server(&config);
    for (size_t i = 0; i < 2; i++) {
        clients[i] = dial();
        say(&clients[i], GET("/later"));
    }
    AWAIT(later_count == 2);
    clients[2] = dial();
    AWAIT(heard_end(&clients[2]));
    ck_assert_uint_eq(http_server_statistics(server)->turned_away, 1);
    ck_assert_uint_eq(http_server_statistics(server)->displaced, 0);
    ck_assert(http_respond(later[1], 200, "text/plain", bytes_of_text("/still")));
    AWAIT(heard(&clients[1], "/still"));
    hang_up(&clients[0]);
    AWAIT(http_server_statistics(server)->connections_now == 1);
    hang_up(&clients[2]);
    clients[2] = dial();
    say(&clients[2], GET("/again"));
    AWAIT(heard(&clients[2], "/again"));
    hang_up(&clients[1]);
    hang_up(&clients[2]);
    close_server();
}
END_TEST

static bool all_are_in(uint32_t count)
{
    return http_server_statistics(server)->connections == count;
}

/* Class 30 of docs/testing.md: Tendermint issues 2049 and 1740, CometBFT issue 517. */
START_TEST(the_connection_that_rests_longest_makes_room)
{
    struct http_server_config config = {.connection_max = 3};
    struct client clients[5];
    open_server(&config);
    clients[0] = dial();
    AWAIT(all_are_in(1));
    say(&clients[0], GET("/later")); /* waits for its answer: it stays */
    AWAIT(later_count == 1);
    clients[1] = dial();
    AWAIT(all_are_in(2));
    clients[2] = dial();
    AWAIT(all_are_in(3));
    uint64_t before_ms = uv_now(&loop);
    AWAIT(uv_now(&loop) > before_ms);
    say(&clients[1], GET("/used")); /* so it rests for less long than the one after it */
    AWAIT(heard(&clients[1], "/used"));
    clients[3] = dial();
    AWAIT(heard_end(&clients[2]));
    say(&clients[3], GET("/livez"));
    AWAIT(heard(&clients[3], "/livez"));
    clients[4] = dial();
    AWAIT(heard_end(&clients[1]));
    say(&clients[4], GET("/livez"));
    AWAIT(heard(&clients[4], "/livez"));
    ck_assert(http_respond(later[0], 200, "text/plain", bytes_of_text("late")));
    AWAIT(heard(&clients[0], "late"));
    ck_assert_uint_eq(http_server_statistics(server)->displaced, 2);
    ck_assert_uint_eq(http_server_statistics(server)->turned_away, 0);
    for (size_t i = 0; i < ARRAY_COUNT(clients); i++) {
        hang_up(&clients[i]);
    }
    close_server();
}
END_TEST

START_TEST(listens_on_a_unix_socket_and_replaces_a_stale_one)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct http_server *second;
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/souk-test-%ld",
                   (long)getpid());
    int stale = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert(bind(stale, (struct sockaddr *)&address, sizeof(address)) == 0);
    ck_assert(close(stale) == 0);
    struct http_server_config config = {.path = address.sun_path};
    open_server(&config);
    ck_assert_uint_eq(http_server_port(server), 0);
    struct client client = {.socket = socket(AF_UNIX, SOCK_STREAM, 0)};
    ck_assert(connect(client.socket, (struct sockaddr *)&address, sizeof(address)) == 0);
    say(&client, GET("/local"));
    AWAIT(heard(&client, "/local"));
    config.on_request = on_request;
    ck_assert(http_server_open(&second, &loop, &config) == HTTP_SERVER_LISTEN);
    config.path = NULL;
    config.host = "no address";
    ck_assert(http_server_open(&second, &loop, &config) == HTTP_SERVER_ADDRESS);
    ck_assert_ptr_null(second);
    hang_up(&client);
    close_server();
    ck_assert(access(address.sun_path, F_OK) != 0);
}
END_TEST

START_TEST(closes_with_answers_outstanding)
{
    struct http_server_config config = {0};
    open_server(&config);
    struct client client = dial();
    say(&client, GET("/later") GET("/later") "GET /half");
    AWAIT(later_count == 2);
    ck_assert(http_respond(later[0], 200, "text/plain", bytes_of_text("goodbye")));
    http_server_close(server, on_closed, NULL);
    ck_assert(http_response_wanted(later[1]));
    AWAIT(closed);
    AWAIT(heard_end(&client));
    ck_assert(heard(&client, "goodbye"));
    hang_up(&client);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(uv_loop_close(&loop) == 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("http_server");
    tcase_add_test(tests, answers_requests_on_a_connection_that_stays);
    tcase_add_test(tests, answers_errors_as_one_line_of_json);
    tcase_add_test(tests, refuses_what_is_not_strict_http_and_closes);
    tcase_add_test(tests, pipelined_requests_are_answered_in_their_order);
    tcase_add_test(tests, a_long_pipeline_waits_for_its_answers);
    tcase_add_test(tests, an_answer_to_a_client_that_has_gone_is_dropped);
    tcase_add_test(tests, a_body_over_the_cap_is_refused_and_the_error_arrives);
    tcase_add_test(tests, bodies_together_are_bounded);
    tcase_add_test(tests, a_body_that_does_not_come_makes_room);
    tcase_add_test(tests, says_continue_where_it_is_waited_for);
    tcase_add_test(tests, a_head_that_drips_is_ended);
    tcase_add_test(tests, a_body_that_does_not_come_is_ended);
    tcase_add_test(tests, an_idle_connection_is_closed_but_not_one_that_waits_for_an_answer);
    tcase_add_test(tests, long_answers_arrive_whole_and_a_client_that_takes_nothing_is_closed);
    tcase_add_test(tests, a_pipeline_of_long_answers_is_answered_as_they_are_taken);
    tcase_add_test(tests, answers_together_are_bounded);
    tcase_add_test(tests, connections_over_the_cap_are_turned_away);
    tcase_add_test(tests, the_connection_that_rests_longest_makes_room);
    tcase_add_test(tests, listens_on_a_unix_socket_and_replaces_a_stale_one);
    tcase_add_test(tests, closes_with_answers_outstanding);
    return check_run("http_server", tests);
}
