/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which fields of which rows in which order, and the same as CSV: of rows of our own, and every column of the program's tables.
 */
#include "golden.h"

#include <errno.h>
#include <locale.h>

#include "fields.h"
#include "json_member.h"
#include "json_writer.h"
#include "list.h"
#include "report_columns.h"
#include "report_fixtures.h"
#include "util.h"

struct row {
	const char *name;
	int64_t count;	  /* below 0: has none */
	uint64_t age;	  /* ns; 0: has none */
	const char *moment; /* NULL: has none */
	const char *tags[3];
	size_t padding; /* of its line, in bytes */
};

static size_t spell(const void *row_, char *bytes, size_t capacity)
{
	const struct row *row = row_;
	struct json_line line;
	size_t opened;

	json_begin(&line, bytes, capacity, false);
	json_text(&line, JSON_KEY("x.name"), row->name, JSON_NO_CAP);
	if (row->count >= 0)
		json_i64(&line, JSON_KEY("x.count"), row->count);
	if (row->age)
		json_seconds(&line, JSON_KEY("x.age_seconds"), row->age);
	if (row->moment)
		json_plain(&line, JSON_KEY("x.moment"), row->moment, strlen(row->moment));
	if (json_open(&line, JSON_KEY("x.tags"), &opened)) {
		for (size_t i = 0; i < ARRAY_SIZE(row->tags) && row->tags[i]; i++)
			json_text(&line, JSON_ELEMENT, row->tags[i], JSON_NO_CAP);
		json_close_array(&line, opened);
	}
	json_bool(&line, JSON_KEY("x.good"), row->count == 1);
	if (row->padding) {
		char *padding = malloc(row->padding);

		assert_non_null(padding);
		memset(padding, 'p', row->padding);
		json_plain(&line, JSON_KEY("x.padding"), padding, row->padding);
		free(padding);
	}
	return line.full ? 0 : json_end(&line);
}

static void cell_word(const void *row, struct text *text)
{
	text_printf(text, "<%s>", ((const struct row *)row)->name);
}

static const struct table_column columns[] = {
	{ .name = "NAME", .help = "", .flags = TABLE_ATTRIBUTE | TABLE_CSV, .field = "x.name", .alias = "name" },
	{ .name = "WORD", .help = "", .field = "word", .cell = cell_word },
	{ .name = "COUNT", .help = "", .flags = TABLE_ATTRIBUTE | TABLE_CSV | TABLE_RIGHT | TABLE_WIDE, .field = "x.count",
	  .alias = "count", .type = TABLE_NUMBER },
	{ .name = "AGE", .help = "", .flags = TABLE_ATTRIBUTE | TABLE_EXTRA, .field = "x.age_seconds", .alias = "age",
	  .type = TABLE_SECONDS },
	{ .name = "MOMENT", .help = "", .flags = TABLE_ATTRIBUTE | TABLE_EXTRA, .field = "x.moment", .type = TABLE_TIME },
	{ .name = "TAGS", .help = "", .flags = TABLE_ATTRIBUTE | TABLE_EXTRA, .field = "x.tags", .alias = "tags" },
	{ .name = "GOOD", .help = "", .flags = TABLE_ATTRIBUTE | TABLE_EXTRA, .field = "x.good", .alias = "good" },
	{ .name = "PADDING", .help = "", .flags = TABLE_ATTRIBUTE | TABLE_EXTRA, .field = "x.padding" },
};

static const struct fields_kind kind = { columns, ARRAY_SIZE(columns), spell };

static const struct row rows[] = {
	{ .name = "b", .count = 10, .age = 600 * SECOND, .moment = "2026-11-21T14:00:00.500000000Z", .tags = { "red", "10.0.0.1/24" } },
	{ .name = "a", .count = 9, .age = 601 * SECOND, .moment = "2026-11-21T14:00:01.000000000Z" },
	{ .name = "c", .count = -1, .tags = { "green" } },
	{ .name = "a", .count = 1, .age = SECOND / 2, .moment = "2025-11-21T14:00:00.000000000Z", .tags = { "red" } },
};

static struct fields *opened(struct fields_wanted wanted)
{
	struct fields *fields = NULL;
	TEXT(why, 2048);

	if (fields_open(&fields, &kind, &wanted, &why))
		fail_msg("%s", why.bytes);
	return fields;
}

/* --- rows and their order --- */

/* "b10 a9 c-1": names and counts of what is left. */
static void selected(const char *filters, const char *sort, const char *expected)
{
	const char *items[] = { filters };
	struct fields *fields = opened((struct fields_wanted){ .filters = items, .filter_count = filters != NULL, .sort = sort });
	struct row all[ARRAY_SIZE(rows)];
	size_t count = ARRAY_SIZE(rows);
	TEXT(got, 256);

	memcpy(all, rows, sizeof(rows));
	assert_int_equal(fields_select(fields, all, &count, sizeof(all[0])), 0);
	for (size_t i = 0; i < count; i++)
		text_printf(&got, "%s%s%lld", i ? " " : "", all[i].name, (long long)all[i].count);
	if (strcmp(got.bytes, expected))
		fail_msg("%s, sorted by %s: %s, not %s", filters ? filters : "all", sort ? sort : "nothing", got.bytes, expected);
	fields_close(fields);
}

static void filters(void **state)
{
	(void)state;
	selected(NULL, NULL, "b10 a9 c-1 a1");
	selected("name=a", NULL, "a9 a1");
	selected("x.name!=a", NULL, "b10 c-1");
	selected("name~^[ab]$", NULL, "b10 a9 a1");
	selected("name!~a|b", NULL, "c-1");
	selected("name~", NULL, "b10 a9 c-1 a1");
	selected("word=<c>", NULL, "c-1");
	/* As numbers: 9 is less than 10. */
	selected("count<10", NULL, "a9 a1");
	selected("count<=9", NULL, "a9 a1");
	selected("count>=10", NULL, "b10");
	selected("count>9.5", NULL, "b10");
	selected("count=010", NULL, "b10");
	selected("count!=9", NULL, "b10 c-1 a1");
	/* What has none meets no comparison. */
	selected("count>=-5", NULL, "b10 a9 a1");
	selected("count=", NULL, "c-1");
	selected("count!=", NULL, "b10 a9 a1");
	selected("age>10m", NULL, "a9");
	selected("age>=600", NULL, "b10 a9");
	selected("age=10m", NULL, "b10");
	selected("age<1s", NULL, "a1");
	selected("age<=500ms", NULL, "a1");
	selected("x.moment>2026-11-21T14:00:00Z", NULL, "b10 a9");
	selected("x.moment<=2026-11-21T15:00:00.5+01:00", NULL, "b10 a1");
	/* Of an array, any element. */
	selected("tags=red", NULL, "b10 a1");
	selected("tags!=red", NULL, "a9 c-1");
	selected("tags=red,10.0.0.1/24", NULL, "");
	selected("tags~^10\\.", NULL, "b10");
	selected("tags=", NULL, "a9");
	selected("good=true", NULL, "a1");
	selected("good!=true", NULL, "b10 a9 c-1");
}

static void all_filters_are_met(void **state)
{
	const char *items[] = { "name=a", "count<5", "tags=red" };
	struct fields *fields = opened((struct fields_wanted){ .filters = items, .filter_count = 3 });

	(void)state;
	assert_int_equal(fields_match(fields, &rows[3]), 1);
	assert_int_equal(fields_match(fields, &rows[1]), 0);
	fields_close(fields);
}

static void order(void **state)
{
	(void)state;
	selected(NULL, "name", "a9 a1 b10 c-1");
	selected(NULL, "-name", "c-1 b10 a9 a1"); /* stable */
	selected(NULL, "count", "a1 a9 b10 c-1");
	selected(NULL, "-count", "b10 a9 a1 c-1"); /* what has none is last both ways */
	selected(NULL, "name,count", "a1 a9 b10 c-1");
	selected(NULL, "name,-x.count", "a9 a1 b10 c-1");
	selected(NULL, "x.moment", "a1 b10 a9 c-1");
	selected(NULL, "age", "a1 b10 a9 c-1");
	selected("count!=", "-age", "a9 b10 a1");
	selected("name=nobody", "name", "");
}

/* --- what is refused --- */

static void refused(struct fields_wanted wanted, const char *expected)
{
	struct fields *fields = NULL;
	TEXT(why, 2048);

	assert_int_equal(fields_open(&fields, &kind, &wanted, &why), -EINVAL);
	assert_null(fields);
	assert_string_equal(why.bytes, expected);
}

static void refused_filter(const char *filter, const char *expected)
{
	refused((struct fields_wanted){ .filters = &filter, .filter_count = 1 }, expected);
}

static void refusals(void **state)
{
#define ALL "there are name, word, count, age, x.moment, tags, good, x.padding"
	(void)state;
	refused((struct fields_wanted){ .names = "name,cuont" }, "no such field: 'cuont'; is it 'count'? --fields help lists all");
	refused((struct fields_wanted){ .names = "name,x.nam" }, "no such field: 'x.nam'; is it 'x.name'? --fields help lists all");
	refused((struct fields_wanted){ .names = "" }, "no such field: ''; " ALL);
	refused((struct fields_wanted){ .names = "name,,age" }, "no such field: ''; " ALL);
	refused((struct fields_wanted){ .names = "something" }, "no such field: 'something'; " ALL);
	refused((struct fields_wanted){ .sort = "-" }, "no such field: ''; " ALL);
	refused((struct fields_wanted){ .sort = "name,--age" }, "no such field: '-age'; is it 'age'? --fields help lists all");
	refused_filter("name", "--filter wants FIELD=VALUE, with =, !=, ~, !~, <, <=, > or >=, not 'name'");
	refused_filter("=x", "--filter wants FIELD=VALUE, with =, !=, ~, !~, <, <=, > or >=, not '=x'");
	refused_filter("name!x", "--filter wants FIELD=VALUE, with =, !=, ~, !~, <, <=, > or >=, not 'name!x'");
	refused_filter("ages>1", "no such field: 'ages'; is it 'age'? --fields help lists all");
	refused_filter("name>1", "--filter: x.name is a text: =, !=, ~ and !~ go with it");
	refused_filter("count>1m", "--filter: x.count is compared with a number, not with '1m'");
	refused_filter("count>", "--filter: x.count is compared with a number, not with ''");
	refused_filter("count>nan", "--filter: x.count is compared with a number, not with 'nan'");
	refused_filter("age<old", "--filter: x.age_seconds is compared with a time, as 90s, 10m or 1h30m, not with 'old'");
	refused_filter("x.moment<today", "--filter: x.moment is compared with a moment, as 2026-11-21T14:00:00Z, not with 'today'");
	refused_filter("name~(", "--filter: '(' is no regular expression: Unmatched ( or \\(");
}

static void many_fields(void **state)
{
	char names[5 * (TABLE_COLUMNS + 2)] = "";
	struct fields *fields;

	(void)state;
	for (int i = 0; i < TABLE_COLUMNS; i++)
		strcat(names, "name,");
	fields = opened((struct fields_wanted){ .names = names });
	fields_close(fields);
	strcat(names, "name");
	refused((struct fields_wanted){ .names = names }, "--fields: more than 64 fields");
}

/* --- CSV --- */

static char *csv_of(const char *names, const struct row *row)
{
	struct fields *fields = opened((struct fields_wanted){ .form = FIELDS_CSV, .names = names });
	const char *line;
	char *copy;
	size_t length;

	assert_int_equal(fields_csv_row(fields, row, &line, &length), 0);
	assert_int_equal(length, strlen(line));
	copy = strdup(line);
	fields_close(fields);
	return copy;
}

static void csv_is(const char *name, const char *expected)
{
	const struct row row = { .name = name, .count = 1 };
	char *line = csv_of("name,count", &row);
	TEXT(whole, 256);

	text_printf(&whole, "%s,1\n", expected);
	assert_string_equal(line, whole.bytes);
	free(line);
}

static void csv_values(void **state)
{
	(void)state;
	csv_is("plain", "plain");
	csv_is("", "");
	csv_is("one,two", "\"one,two\"");
	csv_is("say \"hm\"", "\"say \"\"hm\"\"\"");
	csv_is("\"", "\"\"\"\"");
	csv_is(" blank", "\" blank\"");
	csv_is("blank ", "\"blank \"");
	csv_is("two\nlines\r\x1b[2J", "two\\x0alines\\x0d\\x1b[2J");
	csv_is("\\back/", "\\back/");
	csv_is("f\303\274r", "f\303\274r");
	/* A spreadsheet would run these. */
	csv_is("=1+1", "'=1+1");
	csv_is("+1", "'+1");
	csv_is("-1", "'-1");
	csv_is("@SUM(A1)", "'@SUM(A1)");
	csv_is("=cmd|' /C calc'!A0,\"", "\"'=cmd|' /C calc'!A0,\"\"\"");
	csv_is("\t=1", "\\x09=1");
}

static void csv_lines(void **state)
{
	struct fields *fields = opened((struct fields_wanted){ .form = FIELDS_CSV });
	const char *line;
	size_t length;
	char *row;

	(void)state;
	assert_int_equal(fields_csv_header(fields, &line, &length), 0);
	assert_string_equal(line, "x.name,x.count\n");
	fields_close(fields);
	row = csv_of("name,count,age,x.moment,tags,good,word", &rows[0]);
	assert_string_equal(row, "b,10,600.000000,2026-11-21T14:00:00.500000000Z,\"red,10.0.0.1/24\",false,<b>\n");
	free(row);
	row = csv_of("name,count,age,x.moment,tags", &rows[2]);
	assert_string_equal(row, "c,,,,green\n");
	free(row);
}

/* Longer than any buffer that it begins with. */
static void csv_has_no_end(void **state)
{
	const struct row row = { .name = "long", .padding = 300000 };
	char *line = csv_of("x.padding,name", &row);

	(void)state;
	assert_int_equal(strlen(line), 300000 + strlen(",long\n"));
	assert_string_equal(line + 300000, ",long\n");
	free(line);
}

/* --- the table --- */

static const char *accent(const void *row)
{
	return ((const struct row *)row)->count == 9 ? "31" : NULL;
}

static void table_is(struct fields_wanted wanted, bool colored, const char *expected)
{
	const struct fields_rows all = { .all = rows, .count = ARRAY_SIZE(rows), .size = sizeof(rows[0]), .colored = colored, .accent = accent };
	struct fields *fields = opened(wanted);
	struct capture capture;
	char *text;

	capture_open(&capture);
	assert_true(fields_are_chosen(fields));
	assert_int_equal(fields_print_table(fields, capture.outlet, &all), 0);
	text = capture_close(&capture);
	assert_string_equal(text, expected);
	free(text);
	fields_close(fields);
}

static void tables(void **state)
{
	(void)state;
	table_is((struct fields_wanted){ .names = "name,age,count,tags" }, false,
		 "NAME  AGE     COUNT  TAGS\n"
		 "b     10m00s     10  red,10.0.0.1/24\n"
		 "a     10m01s      9  -\n"
		 "c     -           -  green\n"
		 "a     500ms       1  red\n");
	table_is((struct fields_wanted){ .form = FIELDS_WIDE }, true,
		 "\033[1mNAME  WORD  COUNT\033[0m\n"
		 "b     <b>      10\n"
		 "a     <a>       9\n"
		 "c     <c>       -\n"
		 "a     <a>       1\n");
	assert_false(fields_are_chosen(NULL));
}

/* --- reading lines back --- */

static void value_is(const char *line, const char *key, const char *expected)
{
	struct json_value value;
	TEXT(text, 256);

	assert_true(json_line_member(line, strlen(line), key, &value));
	json_value_text(&text, &value);
	assert_string_equal(text.bytes, expected);
}

static void members(void **state)
{
	static const char line[] = "{\"a\":\"x\\\"y\\\\\\n\\u001b\\u202e\\u0000\",\"b\":-5,\"c\":[],\"d\":[\"1,]\",{\"e\":\"}\"},[2]],\"e\":true,\"f\":\"\"}\n";
	struct json_value array, element;
	size_t at = 0, length = strlen(line);

	(void)state;
	value_is(line, "a", "x\"y\\\n\033\342\200\256\357\277\275");
	value_is(line, "b", "-5");
	value_is(line, "e", "true");
	value_is(line, "f", "");
	assert_false(json_line_member(line, length, "", &element));
	assert_false(json_line_member(line, length, "1,]", &element));
	assert_true(json_line_member(line, length, "c", &array));
	assert_false(json_next_element(&array, &at, &element));
	assert_true(json_line_member(line, length, "d", &array));
	for (const char *const *expected = (const char *const[]){ "\"1,]\"", "{\"e\":\"}\"}", "[2]", NULL }; *expected; expected++) {
		assert_true(json_next_element(&array, &at, &element));
		assert_int_equal(element.length, strlen(*expected));
		assert_memory_equal(element.bytes, *expected, element.length);
	}
	assert_false(json_next_element(&array, &at, &element));
}

/* Wherever it is cut, it is read no further. */
static void cut_lines(void **state)
{
	static const char line[] = "{\"a\":\"x\\u00e4\\\"\",\"d\":[\"1\",{\"e\":2}]}";

	(void)state;
	for (size_t length = 0; length <= strlen(line); length++) {
		char *copy = malloc(length + 1); /* the sanitizer knows its end */
		struct json_value value, element;
		size_t at = 0;
		TEXT(text, 64);

		assert_non_null(copy);
		memcpy(copy, line, length);
		json_line_member(copy, length, "none", &value);
		if (json_line_member(copy, length, "a", &value))
			json_value_text(&text, &value);
		if (json_line_member(copy, length, "d", &value))
			while (json_next_element(&value, &at, &element))
				json_value_text(&text, &element);
		free(copy);
	}
}

/* --- the program's own --- */

/* Each name once, and each attribute in some report, or in none that a fixture makes. */
static void names_of(const struct fields_kind *of)
{
	for (size_t i = 0; i < of->count; i++) {
		const struct table_column *column = &of->columns[i];

		assert_non_null(column->field);
		assert_true(*column->help);
		assert_ptr_equal(fields_find(of, column->field, strlen(column->field)), column);
		if (column->alias)
			assert_ptr_equal(fields_find(of, column->alias, strlen(column->alias)), column);
		assert_true(column->flags & TABLE_ATTRIBUTE || column->cell);
		assert_false(column->flags & TABLE_ATTRIBUTE && column->value);
		/* What is shown without asking is no attribute that is read back: that takes time. */
		assert_true(column->cell || of != &list_fields || column->flags & TABLE_EXTRA);
	}
}

static void names(void **state)
{
	(void)state;
	names_of(&list_fields);
	names_of(&event_fields);
	names_of(&finding_fields);
}

/* Every field of one report of each kind: the sanitizers look on. */
static void every_field_of_every_kind(void **state)
{
	struct fields *fields = NULL;
	struct fixture f;
	TEXT(every, 4096);
	TEXT(why, 256);
	size_t filled = 0;

	(void)state;
	for (size_t i = 0; i < event_fields.count; i++)
		text_printf(&every, "%s%s", i ? "," : "", event_fields.columns[i].field);
	assert_int_equal(fields_open(&fields, &event_fields, &(struct fields_wanted){ .form = FIELDS_CSV, .names = every.bytes }, &why), 0);
	fixture_init(&f);
	for (int report_kind = 0; report_kind < REPORT_KIND_MAX; report_kind++) {
		struct report report = fixture_report(&f, (enum report_kind)report_kind);
		const char *line;
		size_t length;

		assert_int_equal(fields_csv_row(fields, &report, &line, &length), 0);
		assert_non_null(strstr(line, report_types[report_kind].event_name));
		filled += length;
	}
	assert_true(filled > 1000);
	fixture_done(&f);
	fields_close(fields);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters),
		cmocka_unit_test(all_filters_are_met),
		cmocka_unit_test(order),
		cmocka_unit_test(refusals),
		cmocka_unit_test(many_fields),
		cmocka_unit_test(csv_values),
		cmocka_unit_test(csv_lines),
		cmocka_unit_test(csv_has_no_end),
		cmocka_unit_test(tables),
		cmocka_unit_test(members),
		cmocka_unit_test(cut_lines),
		cmocka_unit_test(names),
		cmocka_unit_test(every_field_of_every_kind),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
