#include "server/survey.h"

#include <stdlib.h>
#include "base/metrics.h"
#include "server/chain.h"
#include "store/events.h"

/* --- Heads --- */

struct heads_survey {
    struct task task;
    struct shard *shard;
    size_t count;
    struct chat_news chats[];
};

/* Whether somebody has to ask for the room's head. */
static bool is_unknown(const struct room *room)
{
    return room != NULL && room->stream != NULL && !room->stream->is_known &&
           room->stream->pull == NULL;
}

/* One chat's head; -1: it could not be read. */
static void take_head(struct shard *shard, const struct heads_survey *survey,
                      const struct chat_news *chat)
{
    struct room *room = rooms_find(&shard->rooms, chat->chat_id);
    if (room == NULL || room->stream == NULL || room->stream->pull != survey)
        return;
    room->stream->pull = NULL;
    if (chat->seq < 0 || room->stream->is_known) {
        room->stream->wants_pull = true;
        shard->has_pulls_due = true;
        return;
    }
    stream_learn(room->stream, chat->seq, chat->seq);
    chain_go_on(shard, room);
}

static void on_heads(struct task *task, void *loop)
{
    struct heads_survey *survey = CONTAINER_OF(task, struct heads_survey, task);
    (void)loop;
    survey->shard->pull_count--;
    for (size_t i = 0; i < survey->count; i++)
        take_head(survey->shard, survey, &survey->chats[i]);
    free(survey);
}

/* On a reader. */
static void read_heads(struct task *task, void *db)
{
    struct heads_survey *survey = CONTAINER_OF(task, struct heads_survey, task);
    for (size_t i = 0; i < survey->count; i++) {
        struct chat_news *chat = &survey->chats[i];
        if (events_head(db, chat->chat_id, &chat->seq) != OK)
            chat->seq = -1;
    }
    survey->task.run = on_heads;
    loop_post(survey->shard->loop, &survey->task);
}

/* Ask for many. Without memory the next tick reads each room for itself. */
static void ask_heads(struct shard *shard, const int64_t *chats, size_t count)
{
    struct heads_survey *survey = calloc(1, sizeof *survey + count * sizeof survey->chats[0]);
    for (size_t i = 0; i < count; i++) {
        struct room *room = rooms_find(&shard->rooms, chats[i]);
        if (!is_unknown(room))
            continue;
        if (survey == NULL) {
            room->stream->wants_pull = true;
            shard->has_pulls_due = true;
            continue;
        }
        room->stream->pull = survey;
        survey->chats[survey->count++].chat_id = chats[i];
    }
    if (survey == NULL)
        return;
    survey->task.run = read_heads;
    survey->shard = shard;
    shard->pull_count++;
    metrics_count(COUNTER_CHAIN_PULLS);
    workers_post(shard->site->readers, &survey->task);
}

void survey_heads(struct shard *shard, const int64_t *chats, size_t count)
{
    size_t unknown = 0;
    struct room *last = NULL;
    for (size_t i = 0; i < count; i++) {
        struct room *room = rooms_find(&shard->rooms, chats[i]);
        if (!is_unknown(room))
            continue;
        unknown++;
        last = room;
    }
    if (unknown == 1)
        chain_look(shard, last);
    else if (unknown > 1)
        ask_heads(shard, chats, count);
}

/* --- What others have written --- */

struct news {
    struct task task;
    struct shard *shard;
    int64_t after;
    enum err err;
    struct notice_board notices;
    size_t count;
    struct chat_news chats[SURVEY_NEWS_MAX];
};

/* Look after each room, or those of which less is known than the database has. */
static void pull_all(struct shard *shard, bool only_due)
{
    size_t at = 0;
    uint64_t chat_id;
    void *value;
    while (map_next(&shard->rooms.by_chat, &at, &chat_id, &value)) {
        struct room *room = value;
        if (room->stream != NULL && (!only_due || room->stream->wants_pull))
            chain_look(shard, room);
    }
}

static void pull_news(struct shard *shard, const struct news *news)
{
    for (size_t i = 0; i < news->count; i++) {
        const struct chat_news *chat = &news->chats[i];
        struct room *room = rooms_find(&shard->rooms, chat->chat_id);
        if (chat->seq > shard->news_seq)
            shard->news_seq = chat->seq;
        if (room != NULL && room->stream != NULL &&
            (!room->stream->is_known || room->stream->head < chat->seq))
            chain_look(shard, room);
    }
}

static void on_news(struct task *task, void *loop)
{
    struct news *news = CONTAINER_OF(task, struct news, task);
    struct shard *shard = news->shard;
    (void)loop;
    shard->pull_count--;
    shard->is_asking_news = false;
    if (news->err != OK)
        shard->news_generation--; /* a later tick asks again */
    else if (news->count == SURVEY_NEWS_MAX)
        pull_all(shard, false);
    if (news->err == OK) {
        pull_news(shard, news);
        notice_board_renew(shard, &news->notices);
    }
    free(news);
}

/* On a reader. */
static void ask_news(struct task *task, void *place)
{
    struct news *news = CONTAINER_OF(task, struct news, task);
    news->err = events_news(place, news->after, SURVEY_NEWS_MAX, news->chats, &news->count);
    if (news->err == OK)
        news->err = notice_board_read(place, &news->notices);
    news->task.run = on_news;
    loop_post(news->shard->loop, &news->task);
}

static void begin_news(struct shard *shard, uint64_t generation)
{
    struct news *news = calloc(1, sizeof *news);
    if (news == NULL)
        return;
    news->task.run = ask_news;
    news->shard = shard;
    if (shard->news_seq < shard->site->first_news_seq)
        shard->news_seq = shard->site->first_news_seq;
    news->after = shard->news_seq;
    shard->news_generation = generation;
    shard->is_asking_news = true;
    shard->pull_count++;
    workers_post(shard->site->readers, &news->task);
}

void survey_on_tick(struct shard *shard)
{
    uint64_t generation = atomic_load(&shard->site->foreign_generation);
    if (shard->has_pulls_due) {
        shard->has_pulls_due = false;
        pull_all(shard, true);
    }
    if (generation != shard->news_generation && !shard->is_asking_news)
        begin_news(shard, generation);
}
