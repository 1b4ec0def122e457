#include "api/fields.h"

#include <stdio.h>
#include "api/answer.h"
#include "base/text.h"

enum {
    INTEGER_BYTES_MAX = 1000
}; /* of a number given as text; longer: a fault, as in REST framework */

static const char REQUIRED[] = "This field is required.";
static const char NOT_NULL[] = "This field may not be null.";
static const char NOT_BLANK[] = "This field may not be blank.";
static const char NOT_A_STRING[] = "Not a valid string.";
static const char NOT_AN_INTEGER[] = "A valid integer is required.";
static const char NOT_A_BOOL[] = "Must be a valid boolean.";
static const char HAS_NUL[] = "Null characters are not allowed.";

const char FIELDS_BAD_TIME[] = "Datetime has wrong format. Use one of these formats instead: "
                               "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].";

void fields_init(struct fields *fields, const struct body *body, struct arena *arena)
{
    *fields = (struct fields) {.body = body, .arena = arena, .code = V1_INVALID_FRAME};
    fields->json = (struct json) {.out = &fields->errors, .style = JSON_COMPACT};
    json_object_begin(&fields->json);
}

void fields_deinit(struct fields *fields)
{
    buf_free(&fields->errors);
}

static void close_field(struct fields *fields)
{
    if (fields->open != NULL)
        json_array_end(&fields->json);
    fields->open = NULL;
}

void fields_error(struct fields *fields, const char *name, const char *text)
{
    if (fields->open == NULL || strcmp(fields->open, name) != 0) {
        close_field(fields);
        json_key(&fields->json, name);
        json_array_begin(&fields->json);
        fields->open = name;
    }
    json_text_z(&fields->json, text);
}

bool fields_are_right(const struct fields *fields)
{
    return fields->err == OK && !fields->errors.failed && bytes_is(buf_bytes(&fields->errors), "{");
}

struct step fields_answer(struct fields *fields, struct call *call)
{
    if (fields->err != OK)
        return answer_failed(call, fields->err);
    close_field(fields);
    answer_end_error(call, &fields->json, v1_code_name(fields->code));
    answer_begin(call, 400);
    buf_append(&call->response.content, buf_bytes(&fields->errors));
    if (fields->errors.failed)
        return answer_failed(call, ERR_MEMORY);
    return answer_send(call);
}

/* Faults of an element are written like faults of a field whose name is the element's index. */
static void count_error(struct fields *fields, const char *name, size_t max, const char *unit)
{
    char text[80];
    (void)snprintf(text, sizeof text, "Ensure this field has no more than %zu %s.", max, unit);
    fields_error(fields, name, text);
}

static void surrogate_error(struct fields *fields, const char *name, uint32_t surrogate)
{
    char text[64];
    (void)snprintf(text, sizeof text, "Surrogate characters are not allowed: U+%X.",
                   (unsigned)surrogate);
    fields_error(fields, name, text);
}

/* The validators of a text, each of which may find a fault. surrogate 0: there is none; else text
 * is not to be looked at. */
static bool check_text(struct fields *fields, const struct text_rule *rule, const char *name,
                       struct bytes text, uint32_t surrogate)
{
    bool is_right = true;
    bool is_whole = surrogate == 0;
    bool is_valid = rule->is_valid == NULL || (is_whole && rule->is_valid(text));
    bool is_checked_first = (rule->options & FIELD_CHECKED_FIRST) != 0;
    if (!is_valid && is_checked_first)
        fields_error(fields, name, rule->invalid);
    if (is_whole && rule->count_max > 0 && utf8_count(text) > rule->count_max) {
        count_error(fields, name, rule->count_max, "characters");
        is_right = false;
    }
    if (is_whole && rule->bytes_max > 0 && text.len > rule->bytes_max) {
        count_error(fields, name, rule->bytes_max, "bytes");
        is_right = false;
    }
    if (is_whole && bytes_index(text, 0) < text.len) {
        fields_error(fields, name, HAS_NUL);
        is_right = false;
    }
    if (!is_whole)
        surrogate_error(fields, name, surrogate);
    if (!is_valid && !is_checked_first)
        fields_error(fields, name, rule->invalid);
    return is_right && is_whole && is_valid;
}

/* One text, of a field or of an element. False: it is faulty, and that is written down. */
static bool take_text(struct fields *fields, const struct text_rule *rule, const char *name,
                      struct value value, struct bytes *out)
{
    if (value.kind == VALUE_NULL) {
        fields_error(fields, name, NOT_NULL);
        return false;
    }
    if (value.kind != VALUE_TEXT && value.kind != VALUE_NUMBER) {
        fields_error(fields, name, NOT_A_STRING);
        return false;
    }
    uint32_t surrogate = 0;
    struct bytes text = NO_BYTES;
    enum err err = value_text(fields->body, value, fields->arena, &text, &surrogate);
    if (err != OK && err != ERR_SYNTAX) {
        fields->err = err;
        return false;
    }
    if (err == OK) {
        text = rule->options & FIELD_KEEPS_SPACE ? text : text_strip(text);
        if (text.len == 0) {
            *out = text;
            if (rule->options & FIELD_MAY_BE_BLANK)
                return true;
            fields_error(fields, name, NOT_BLANK);
            return false;
        }
    }
    if (!check_text(fields, rule, name, text, err == OK ? 0 : surrogate))
        return false;
    *out = text;
    return true;
}

bool fields_text(struct fields *fields, const struct text_rule *rule, struct bytes *out)
{
    struct value value = body_value(fields->body, rule->name);
    if (value.kind == VALUE_ABSENT) {
        if (!(rule->options & FIELD_OPTIONAL) && !fields->is_partial)
            fields_error(fields, rule->name, REQUIRED);
        return false;
    }
    struct bytes text;
    if (!take_text(fields, rule, rule->name, value, &text))
        return false;
    *out = text;
    return true;
}

/* "boss" is not a valid choice. The value is repeated as Python's str() gives it. */
static void choice_error(struct fields *fields, const char *name, struct bytes text)
{
    struct buf line = {0};
    buf_append_byte(&line, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != 0) /* texts of errors end at a NUL */
            buf_append_byte(&line, text.data[i]);
    }
    buf_append_text(&line, "\" is not a valid choice.");
    buf_append_byte(&line, 0);
    if (line.failed)
        fields->err = ERR_MEMORY;
    else
        fields_error(fields, name, (const char *)line.data);
    buf_free(&line);
}

bool fields_choice(struct fields *fields, const char *name, const char *const *choices,
                   size_t count, struct bytes *out)
{
    struct value value = body_value(fields->body, name);
    /* A form cannot leave out what it shows: its empty value is none. */
    if (value.kind == VALUE_ABSENT || (fields->body->is_form && value.form_text.len == 0))
        return false;
    if (value.kind == VALUE_NULL) {
        fields_error(fields, name, NOT_NULL);
        return false;
    }
    struct bytes text = BYTES("\xef\xbf\xbd");
    uint32_t surrogate;
    enum err err = value_text(fields->body, value, fields->arena, &text, &surrogate);
    if (err != OK && err != ERR_SYNTAX) {
        fields->err = err;
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (bytes_is(text, choices[i])) {
            *out = text;
            return true;
        }
    }
    choice_error(fields, name, text);
    return false;
}

bool fields_bool(struct fields *fields, const char *name, bool *out)
{
    static const char *const words[] = {"true", "True", "false", "False"};
    enum { FIRST_FALSE = 2 };
    struct value value = body_value(fields->body, name);
    if (value.kind == VALUE_ABSENT)
        return false;
    struct bytes text = NO_BYTES;
    uint32_t surrogate;
    enum err err = value_text(fields->body, value, fields->arena, &text, &surrogate);
    if (err != OK && err != ERR_SYNTAX) {
        fields->err = err;
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (bytes_is(text, words[i])) {
            *out = i < FIRST_FALSE;
            return true;
        }
    }
    fields_error(fields, name, value.kind == VALUE_NULL ? NOT_NULL : NOT_A_BOOL);
    return false;
}

/* A list of elements, however it was given. False: there is none, or it is faulty. */
static bool take_list(struct fields *fields, const char *name, struct value **out, size_t *count)
{
    struct value value = body_value(fields->body, name);
    if (value.kind == VALUE_ABSENT)
        return false;
    if (value.kind == VALUE_NULL) {
        fields_error(fields, name, NOT_NULL);
        return false;
    }
    if (!fields->body->is_form && value.kind != VALUE_LIST) {
        char text[80];
        (void)snprintf(text, sizeof text, "Expected a list of items but got type \"%s\".",
                       value_type_name(fields->body, value));
        fields_error(fields, name, text);
        return false;
    }
    enum err err = body_elements(fields->body, name, value, fields->arena, out, count);
    if (err != OK) {
        fields->err = err;
        return false;
    }
    if (*count > FIELD_LIST_COUNT_MAX) {
        count_error(fields, name, FIELD_LIST_COUNT_MAX, "elements");
        return false;
    }
    return true;
}

/* Faults of elements make an object inside the object of errors: its names are the elements'
 * indexes. */
struct items {
    struct fields faults; /* of the elements */
    size_t faulty_count;
};

static void items_init(struct items *items, const struct fields *fields)
{
    fields_init(&items->faults, fields->body, fields->arena);
    items->faulty_count = 0;
}

/* Take over what was found. True: all elements are right. */
static bool items_end(struct items *items, struct fields *fields, const char *name)
{
    struct fields *faults = &items->faults;
    bool are_right = fields_are_right(faults);
    if (faults->err != OK || faults->errors.failed)
        fields->err = ERR_MEMORY;
    if (!are_right) {
        close_field(faults);
        json_object_end(&faults->json);
        close_field(fields);
        json_key(&fields->json, name);
        json_raw(&fields->json, buf_bytes(&faults->errors));
    }
    fields_deinit(faults);
    return are_right;
}

enum { INDEX_BYTES = 24 };

static const char *index_name(char out[INDEX_BYTES], size_t index)
{
    (void)snprintf(out, INDEX_BYTES, "%zu", index);
    return out;
}

/* Digits with an optional sign, as Python's int() reads them, after what REST framework takes off:
 * ".000" at the end. */
static bool read_integer(struct bytes text, struct integer *out)
{
    text = text_strip(text);
    size_t dot = bytes_index(text, '.');
    if (dot < text.len && bytes_trim(bytes_skip(text, dot + 1), "0").len == 0)
        text = bytes_first(text, dot);
    bool is_negative = text.len > 0 && text.data[0] == '-';
    if (text.len > 0 && (text.data[0] == '-' || text.data[0] == '+'))
        text = bytes_skip(text, 1);
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    while (text.len > 1 && text.data[0] == '0')
        text = bytes_skip(text, 1);
    uint64_t number;
    bool fits = bytes_to_number(text, INT64_MAX, &number) == OK;
    out->is_negative = is_negative;
    out->value = fits ? (is_negative ? -(int64_t)number : (int64_t)number) : 0;
    out->digits = text;
    return true;
}

static bool take_integer(struct fields *fields, const char *name, struct value value,
                         struct integer *out)
{
    struct bytes text;
    uint32_t surrogate;
    if (value.kind == VALUE_NULL) {
        fields_error(fields, name, NOT_NULL);
        return false;
    }
    if (value.kind == VALUE_TEXT || value.kind == VALUE_NUMBER) {
        enum err err = value_text(fields->body, value, fields->arena, &text, &surrogate);
        if (err != OK && err != ERR_SYNTAX) {
            fields->err = err;
            return false;
        }
        if (err == OK && text.len > INTEGER_BYTES_MAX && value.kind == VALUE_TEXT) {
            fields_error(fields, name, "String value too large.");
            return false;
        }
        if (err == OK && read_integer(text, out))
            return true;
    }
    fields_error(fields, name, NOT_AN_INTEGER);
    return false;
}

bool fields_number(struct fields *fields, const struct number_rule *rule, int64_t *out)
{
    struct value value = body_value(fields->body, rule->name);
    struct integer integer;
    char text[80];
    if (value.kind == VALUE_ABSENT) {
        if (!(rule->options & FIELD_OPTIONAL))
            fields_error(fields, rule->name, REQUIRED);
        return false;
    }
    if (!take_integer(fields, rule->name, value, &integer))
        return false;
    bool is_beyond = integer.value == 0 && !bytes_is(integer.digits, "0");
    if (!is_beyond && integer.value >= rule->min && integer.value <= rule->max) {
        *out = integer.value;
        return true;
    }
    bool is_too_small = is_beyond ? integer.is_negative : integer.value < rule->min;
    (void)snprintf(text, sizeof text, "Ensure this value is %s than or equal to %lld.",
                   is_too_small ? "greater" : "less",
                   (long long)(is_too_small ? rule->min : rule->max));
    fields_error(fields, rule->name, text);
    return false;
}

bool fields_integers(struct fields *fields, const char *name, struct integer **out, size_t *count)
{
    struct value *values;
    size_t total;
    if (!take_list(fields, name, &values, &total))
        return false;
    struct integer *integers =
        arena_alloc(fields->arena, (total > 0 ? total : 1) * sizeof *integers);
    if (integers == NULL) {
        fields->err = ERR_MEMORY;
        return false;
    }
    struct items items;
    items_init(&items, fields);
    for (size_t i = 0; i < total && items.faulty_count < FIELD_FAULTY_ITEMS_MAX; i++) {
        char index[INDEX_BYTES];
        items.faulty_count +=
            !take_integer(&items.faults, index_name(index, i), values[i], &integers[i]);
        close_field(&items.faults); /* its name ends with this turn */
    }
    if (!items_end(&items, fields, name))
        return false;
    *out = integers;
    *count = total;
    return true;
}

bool fields_ids(struct fields *fields, const char *name, size_t max, int64_t **out, size_t *count)
{
    struct integer *integers;
    size_t total;
    if (!fields_integers(fields, name, &integers, &total) || total == 0)
        return false;
    if (total > max) {
        count_error(fields, name, max, "elements");
        return false;
    }
    int64_t *ids = arena_alloc(fields->arena, total * sizeof *ids);
    if (ids == NULL) {
        fields->err = ERR_MEMORY;
        return false;
    }
    for (size_t i = 0; i < total; i++)
        ids[i] = integers[i].value > 0 ? integers[i].value : 0;
    *out = ids;
    *count = total;
    return true;
}

bool fields_texts(struct fields *fields, const struct text_rule *rule, struct bytes **out,
                  size_t *count)
{
    struct value *values;
    size_t total;
    if (!take_list(fields, rule->name, &values, &total))
        return false;
    struct bytes *texts = arena_alloc(fields->arena, (total > 0 ? total : 1) * sizeof *texts);
    if (texts == NULL) {
        fields->err = ERR_MEMORY;
        return false;
    }
    struct items items;
    items_init(&items, fields);
    for (size_t i = 0; i < total && items.faulty_count < FIELD_FAULTY_ITEMS_MAX; i++) {
        char index[INDEX_BYTES];
        items.faulty_count +=
            !take_text(&items.faults, rule, index_name(index, i), values[i], &texts[i]);
        close_field(&items.faults);
    }
    if (!items_end(&items, fields, rule->name))
        return false;
    *out = texts;
    *count = total;
    return true;
}

struct step fields_then(struct call *call, struct db *db, enum fields_source source,
                        void (*take)(struct fields *fields, struct call *call), size_t state_bytes,
                        struct step next)
{
    struct body body;
    struct fields fields = {0};
    struct step step;
    call->state = arena_alloc(&call->arena, state_bytes);
    enum err err = source == FIELDS_OF_BODY ? body_read(call, &body) : body_read_query(call, &body);
    if (err == OK && call->state == NULL)
        err = ERR_MEMORY;
    if (err != OK) {
        step = err == ERR_SYNTAX ? answer_send(call) : answer_failed(call, err);
        goto done;
    }
    fields_init(&fields, &body, &call->arena);
    fields.db = db;
    take(&fields, call);
    step = fields_are_right(&fields) ? next : fields_answer(&fields, call);
done:
    fields_deinit(&fields);
    body_deinit(&body);
    return step.place == CALL_ON_READER ? step.run(call, db) : step;
}
