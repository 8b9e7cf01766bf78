/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a failure means: another try, in silence or not.
 */
#include "kube_watch_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "util.h"

#define WATCH_HELD (10 * NS_PER_S)     /* one that breaks off after so long is no failure in a row */
#define SILENT_EXPIRIES 3	       /* in a row; what is listed is too long ago each time */

int kube_watch_try_after(struct kube_watch *watch, enum phase phase, uint64_t delay)
{
	watch->phase = phase;
	return loop_timer_set(watch->timer, loop_now() + delay);
}

void kube_watch_drop_list(struct kube_watch *watch)
{
	pod_list_close(watch->list);
	watch->list = NULL;
}

static int tell_down(struct kube_watch *watch, const char *reason)
{
	watch->synced = false;
	if (watch->down && !strcmp(watch->down, reason))
		return 0;
	free(watch->down);
	watch->down = strdup(reason);
	return watch->down ? watch->listener.down(watch->listener.ctx, reason) : -ENOMEM;
}

int kube_watch_fail(struct kube_watch *watch, const char *reason, uint64_t retry_after)
{
	uint64_t delay = kube_backoff(watch->failures);
	int err;

	kube_watch_drop_list(watch);
	err = tell_down(watch, reason);
	return err ? err : kube_watch_try_after(watch, PHASE_LIST, retry_after > delay ? retry_after : delay);
}

/* Once more, without a word. */
static int fail_silently(struct kube_watch *watch, uint64_t retry_after)
{
	uint64_t delay = kube_backoff(watch->failures);

	if (watch->phase != PHASE_WATCH)
		kube_watch_drop_list(watch);
	return kube_watch_try_after(watch, watch->phase == PHASE_WATCH ? PHASE_WATCH : PHASE_LIST,
				    retry_after > delay ? retry_after : delay);
}

/* That is no failure: all is listed anew.  But not for ever. */
static int expired(struct kube_watch *watch)
{
	kube_watch_drop_list(watch);
	if (++watch->expiries > SILENT_EXPIRIES) {
		watch->failures++;
		return kube_watch_fail(watch, "the API server says of what it has just listed that it is too long ago; is its clock "
				   "or its etcd in order?", 0);
	}
	return kube_watch_try_after(watch, PHASE_LIST, watch->expiries > 1 ? kube_backoff(watch->expiries) : 0);
}

void kube_watch_settled(struct kube_watch *watch)
{
	watch->failures = watch->expiries = 0;
}

int kube_watch_failed(struct kube_watch *watch, const struct kube_answer *answer)
{
	if (watch->phase == PHASE_WATCH && watch->synced && loop_now() - watch->watch_began >= WATCH_HELD)
		kube_watch_settled(watch);
	if (answer->outcome == KUBE_EXPIRED)
		return expired(watch);
	watch->failures++;
	switch (answer->outcome) {
	case KUBE_UNAUTHORIZED:
		/* The token has been rotated, and is read anew. */
		if (watch->failures > 1)
			break;
		if (watch->phase != PHASE_WATCH)
			kube_watch_drop_list(watch);
		return kube_watch_try_after(watch, watch->phase == PHASE_WATCH ? PHASE_WATCH : PHASE_LIST, 0);
	case KUBE_PASSING:
		if (watch->failures == 1 && watch->synced)
			return fail_silently(watch, answer->retry_after);
		break;
	default:
		break;
	}
	return kube_watch_fail(watch, answer->reason, answer->retry_after);
}

/* --- questions, and callbacks that end them --- */

int kube_watch_stopped(struct kube_watch *watch)
{
	struct kube_answer answer = { .reason = watch->reason };

	switch (watch->stop) {
	case STOP_FATAL:
		return watch->fatal;
	case STOP_EXPIRED:
		answer.outcome = KUBE_EXPIRED;
		break;
	case STOP_PASSING:
		answer.outcome = KUBE_PASSING;
		break;
	default:
		answer.outcome = KUBE_REFUSED;
	}
	return kube_watch_failed(watch, &answer);
}

__attribute__((format(printf, 3, 4))) int kube_watch_stop(struct kube_watch *watch, enum stop why, const char *format, ...)
{
	size_t length;
	va_list arguments;

	watch->stop = why;
	length = (size_t)snprintf(watch->reason, sizeof(watch->reason), "%.100s: ",
				  kube_client_config(watch->client)->server);
	va_start(arguments, format);
	vsnprintf(watch->reason + length, sizeof(watch->reason) - length, format, arguments);
	va_end(arguments);
	return -ECANCELED;
}

int kube_watch_stop_fatal(struct kube_watch *watch, int err)
{
	watch->stop = STOP_FATAL;
	watch->fatal = err;
	return -ECANCELED;
}

int kube_watch_ask(struct kube_watch *watch, const struct kube_question *question, char *path)
{
	CLEANUP(free_pointer) char *owned = path;
	struct kube_question whole = *question;
	char reason[KUBE_REASON_BYTES];
	int err;

	if (!owned)
		return -ENOMEM;
	whole.path = owned;
	whole.ctx = watch;
	watch->stop = STOP_NOT;
	err = kube_client_ask(watch->client, &whole, reason);
	if (err != -EINVAL)
		return err;
	watch->failures++;
	return kube_watch_fail(watch, reason, 0);
}

int kube_watch_configure(struct kube_watch *watch)
{
	char reason[KUBE_REASON_BYTES];
	int err = kube_client_configure(watch->client, NULL, reason);

	if (err != -EINVAL)
		return err;
	watch->failures++;
	err = kube_watch_fail(watch, reason, 0);
	return err ? err : 1;
}
