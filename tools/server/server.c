#include "tools/server/server.h"

#include <time.h>

void server_wake(struct aggregation_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    server->changes++;
    (void)pthread_cond_broadcast(&server->changed);
    (void)pthread_mutex_unlock(&server->lock);
}

bool server_await(struct aggregation_server *server, uint64_t *seen)
{
    struct timespec end;
    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 1; /* some duties depend on the height alone, which brings no event */
    (void)pthread_mutex_lock(&server->lock);
    int code = 0;
    while (!server->stopping && server->changes == *seen && code == 0) {
        code = pthread_cond_timedwait(&server->changed, &server->lock, &end);
    }
    *seen = server->changes;
    bool going_on = !server->stopping;
    (void)pthread_mutex_unlock(&server->lock);
    return going_on;
}

uint64_t server_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void server_stop(struct aggregation_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    server->stopping = true;
    (void)pthread_cond_broadcast(&server->changed);
    (void)pthread_mutex_unlock(&server->lock);
}

bool server_stopping(struct aggregation_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    bool stopping = server->stopping;
    (void)pthread_mutex_unlock(&server->lock);
    return stopping;
}
