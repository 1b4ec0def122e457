/* fields.h - a body's values checked one by one, with the texts of REST framework's serializers.
 *
 * A handler asks for its fields in the serializer's order; what is faulty is written down, and all
 * faults are answered at once: {"name":["This field is required."]}.
 */
#ifndef CONFAB_API_FIELDS_H
#define CONFAB_API_FIELDS_H

#include "api/body.h"
#include "base/json_write.h"
#include "chat/v1_code.h"

enum {
    FIELD_LIST_COUNT_MAX = 10000, /* elements of one list; more: a field error */
    FIELD_FAULTY_ITEMS_MAX = 100, /* faulty elements that are named in an answer */
};

/* What is said of a text that is no moment. */
extern const char FIELDS_BAD_TIME[];

/* All zero but body and arena, by fields_init(). */
struct fields {
    const struct body *body;
    struct arena *arena;
    struct db *db;     /* by fields_then(): of the reader that it runs on */
    bool is_partial;   /* PATCH: what is missing stays as it is */
    struct buf errors; /* the object of errors, as far as it is written */
    struct json json;
    const char *open;  /* the field whose list of texts is not ended yet */
    enum err err;      /* not OK: the world failed us */
    enum v1_code code; /* of the answer under /api/v1/; V1_INVALID_FRAME if nothing else is said */
};

enum field_option {
    FIELD_OPTIONAL = 1 << 0,
    FIELD_MAY_BE_BLANK = 1 << 1,
    FIELD_KEEPS_SPACE = 1 << 2, /* nothing is trimmed: a blank is as good as a letter */
    FIELD_CHECKED_FIRST =
        1 << 3, /* is_valid is asked before the length: the order in which faults are named */
};

struct text_rule {
    const char *name;
    unsigned options;
    size_t count_max;                    /* code points; 0: no limit */
    size_t bytes_max;                    /* 0: no limit */
    bool (*is_valid)(struct bytes text); /* NULL: every text is */
    const char *invalid;                 /* what is said if not */
};

struct number_rule {
    const char *name;
    unsigned options; /* FIELD_OPTIONAL */
    int64_t min;
    int64_t max;
};

/* A whole number as a form or JSON gives it. */
struct integer {
    int64_t value; /* 0: beyond 64 bits, then only digits tells */
    bool is_negative;
    struct bytes digits; /* without sign and leading zeros */
};

void fields_init(struct fields *fields, const struct body *body, struct arena *arena);
void fields_deinit(struct fields *fields);

/* The value of a field. False: it is absent or faulty, and *out is unchanged. Values are in the
 * arena. */
bool fields_text(struct fields *fields, const struct text_rule *rule, struct bytes *out);
bool fields_choice(struct fields *fields, const char *name, const char *const *choices,
                   size_t count, struct bytes *out);
/* true and false, in forms as a text. */
bool fields_bool(struct fields *fields, const char *name, bool *out);
bool fields_number(struct fields *fields, const struct number_rule *rule, int64_t *out);
bool fields_integers(struct fields *fields, const char *name, struct integer **out, size_t *count);
/* The same for at most max ids: what is no id is 0. None is as good as no field. */
bool fields_ids(struct fields *fields, const char *name, size_t max, int64_t **out, size_t *count);
/* The rule's name and length are those of each element. */
bool fields_texts(struct fields *fields, const struct text_rule *rule, struct bytes **out,
                  size_t *count);

/* Write down a fault found by the handler. Faults of one field follow each other. */
void fields_error(struct fields *fields, const char *name, const char *text);

/* Whether everything asked for so far was right. */
bool fields_are_right(const struct fields *fields);

/* Read the request's body, or its query; have take() ask for what the handler needs, into
 * call->state, state_bytes of the arena that are zero before; then go on with next if all was
 * right, or answer what was not. Runs on a reader; so does next, if it is to, at once. */
enum fields_source { FIELDS_OF_BODY, FIELDS_OF_QUERY };
struct step fields_then(struct call *call, struct db *db, enum fields_source source,
                        void (*take)(struct fields *fields, struct call *call), size_t state_bytes,
                        struct step next);

/* 400 with all faults, or 503 if memory ran out. */
struct step fields_answer(struct fields *fields, struct call *call);

#endif
