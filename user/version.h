/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef NETNSLEAK_VERSION_H
#define NETNSLEAK_VERSION_H

#define NETNSLEAK_VERSION "0.1.0"

#endif
