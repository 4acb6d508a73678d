# The loop of warm.rs: common instructions of all kinds. `as --64`, linked at 0, section .text.
.intel_syntax noprefix
# rsi: a page of data, edi: rounds
start:
  lea rsp, [rsi + 0xff0]
  xor ebx, ebx
outer:
  mov ecx, 24
  lea r8, [rsi + 64]
  xor eax, eax
inner:
  mov rdx, [r8 + rcx*8]
  movzx r9d, byte ptr [r8 + rcx]
  movsx r10d, byte ptr [r8 + rcx + 1]
  add rax, rdx
  imul r9d, r9d, 31
  xor eax, r9d
  cmp r10d, 7
  jl 1f
  sub eax, r10d
  shr edx, 3
1:
  test al, 1
  cmovne edx, r9d
  sete r11b
  lea r9, [rdx + r11*4 + 5]
  and r9d, 0xff
  mov [r8 + rcx*8], rax
  mov [r8 + r9], dl
  inc ebx
  call leaf
  push rax
  or edx, 3
  rol edx, 5
  pop rax
  neg edx
  sar eax, 1
  adc ebx, 0
  dec ecx
  jne inner
  movdqu xmm0, [r8]
  movdqu xmm1, [r8 + 16]
  pcmpeqb xmm0, xmm1
  pmovmskb eax, xmm0
  pxor xmm1, xmm0
  movups [r8 + 32], xmm1
  cvtsi2sd xmm2, ebx
  addsd xmm2, xmm2
  mulsd xmm2, xmm2
  ucomisd xmm2, xmm1
  movsd [r8 + 48], xmm2
  bsf eax, ebx
  mov eax, ebx
  xor edx, edx
  mov r9d, 10
  div r9d
  cdqe
  not rdx
  mov r9d, ebx
  and r9d, 1
  lea rdx, [rip + table]
  movsxd r9, dword ptr [rdx + r9*4]
  add rdx, r9
  jmp rdx
a: add ebx, 3
  jmp next
b: xor ebx, 5
next:
  mov r10, rdi
  mov r11, rsi
  lea rdi, [r11 + 0x400]
  lea rsi, [r11 + 0x600]
  mov ecx, 12
  rep movsd
  mov rdi, r10
  mov rsi, r11
  dec edi
  jne outer
  int3
leaf:
  push rbp
  mov rbp, rsp
  mov dword ptr [rbp - 8], edx
  cmp edx, dword ptr [rbp - 8]
  ja 2f
  sub edx, 1
2:
  leave
  ret
  .balign 4
table:
  .long a - table, b - table
