/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pause container's program: sleeps until it is killed. It is its own ELF file with no library, so that the sandbox
 * image is a few hundred bytes, is unpacked at once, and needs no registry.
 */
	.globl	_start
_start:
	mov	$34, %eax		/* pause() */
	syscall
	jmp	_start
	.section .note.GNU-stack,"",@progbits
