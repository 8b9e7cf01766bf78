/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "util.h"

int whole_file_open(struct whole_file *ret, const char *path, mode_t mode)
{
	CLEANUP(close_descriptor) int fd = -1;

	*ret = (struct whole_file){ 0 };
	if (snprintf(ret->path, sizeof(ret->path), "%s", path) >= (int)sizeof(ret->path) ||
	    snprintf(ret->beside, sizeof(ret->beside), "%s.tmp", path) >= (int)sizeof(ret->beside))
		return -ENAMETOOLONG;
	/* Whatever one that was interrupted left there, or whoever may write there too put there, goes. */
	unlink(ret->beside);
	fd = open(ret->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	ret->stream = fdopen(fd, "w");
	if (!ret->stream)
		return -errno;
	(void)take_descriptor(&fd);
	return 0;
}

int whole_file_close(struct whole_file *file, int err)
{
	errno = 0;
	if ((fflush(file->stream) || ferror(file->stream)) && !err)
		err = errno ? -errno : -EIO;
	if (fclose(file->stream) && !err)
		err = -errno;
	if (!err && rename(file->beside, file->path) < 0)
		err = -errno;
	if (err)
		unlink(file->beside);
	*file = (struct whole_file){ 0 };
	return err;
}
