# String instructions: counts of 0, direction, overlap, address size, faults half-way.

#case rep_movsb_overlap_up 32 64
#in esi=data edi=data+1 ecx=8 [data]=0102030405060708
        rep movsb
#code32 f3a4
#out32 ecx=0x0 esi=0x2000008 edi=0x2000009 [data+0x1]=0101010101010101
#code64 f3a4
#out64 rcx=0x0 rsi=0x2000008 rdi=0x2000009 [data+0x1]=0101010101010101
#case rep_movsd_overlap_short_distance 32 64
#in esi=data edi=data+3 ecx=5 [data]=0102030405060708
        rep movsd
#code32 f3a5
#out32 ecx=0x0 esi=0x2000014 edi=0x2000017 [data+0x3]=0102030402030408030408000408000008
#code64 f3a5
#out64 rcx=0x0 rsi=0x2000014 rdi=0x2000017 [data+0x3]=0102030402030408030408000408000008
#case rep_movsb_down 32 64
#in esi=data+7 edi=data+9 ecx=8 flags=df [data]=0102030405060708
        rep movsb
#code32 f3a4
#out32 ecx=0x0 esi=0x1ffffff edi=0x2000001 [data+0x2]=0102030405060708
#code64 f3a4
#out64 rcx=0x0 rsi=0x1ffffff rdi=0x2000001 [data+0x2]=0102030405060708
#case rep_movsw_down 32 64
#in esi=data+8 edi=data+0x28 ecx=4 flags=df [data]=0102030405060708090a
        rep movsw
#code32 66f3a5
#out32 ecx=0x0 esi=0x2000000 edi=0x2000020 [data+0x22]=030405060708090a
#code64 66f3a5
#out64 rcx=0x0 rsi=0x2000000 rdi=0x2000020 [data+0x22]=030405060708090a
#case rep_stos_count_zero 32 64
#in edi=0 ecx=0 eax=7
        rep stosd
#code32 f3ab
#out32 -
#code64 f3ab
#out64 -
#case rep_stosd_stops_at_fault 32 64
#in edi=data.end-10 ecx=5 eax=0x11223344
        rep stosd
#code32 f3ab
#out32 stop=sigsegv.0x1@data+0x2000 rip=code ecx=0x3 edi=0x2001ffe [data+0x1ff6]=4433221144332211
#code64 f3ab
#out64 stop=sigsegv.0x1@data+0x2000 rip=code rcx=0x3 rdi=0x2001ffe [data+0x1ff6]=4433221144332211
#case rep_stosb_read_only 32 64
#in edi=ro ecx=5 eax=0x11223344
        rep stosb
#code32 f3aa
#out32 stop=sigsegv.0x2@ro rip=code
#code64 f3aa
#out64 stop=sigsegv.0x2@ro rip=code
#case rep_stosb_over_page 32 64
#in edi=data+0xff8 ecx=0x20 eax=0xaa
        rep stosb
#code32 f3aa
#out32 ecx=0x0 edi=0x2001018 [data+0xff8]=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
#code64 f3aa
#out64 rcx=0x0 rdi=0x2001018 [data+0xff8]=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
#case rep_movsb_source_fault 32 64
#in esi=data.end-3 edi=data ecx=8 [data+0x1ffd]=aabbcc
        rep movsb
#code32 f3a4
#out32 stop=sigsegv.0x1@data+0x2000 rip=code ecx=0x5 esi=0x2002000 edi=0x2000003 [data]=aabbcc
#code64 f3a4
#out64 stop=sigsegv.0x1@data+0x2000 rip=code rcx=0x5 rsi=0x2002000 rdi=0x2000003 [data]=aabbcc
#case rep_movsd_down_fault 32 64
#in esi=data+8 edi=data+0x10 ecx=8 flags=df [data]=0102030405060708
        rep movsd
#code32 f3a5
#out32 stop=sigsegv.0x1@0x1fffffc rip=code ecx=0x5 esi=0x1fffffc edi=0x2000004 [data+0x8]=0102030405060708
#code64 f3a5
#out64 stop=sigsegv.0x1@0x1fffffc rip=code rcx=0x5 rsi=0x1fffffc rdi=0x2000004 [data+0x8]=0102030405060708
#case lodsb_lodsw 32 64
#in esi=data [data]=8182838485868788
        lodsb
        lodsw
        lodsd
#code32 ac66adad
#out32 eax=0x87868584 esi=0x2000007
#code64 ac66adad
#out64 rax=0x87868584 rsi=0x2000007
#case repe_cmpsb 32 64
#in esi=data edi=data+0x10 ecx=0|3|4|8 flags=none|cf+zf [data]=0102030405 [data+0x10]=0102030605
        repe cmpsb
#code32 f3a6
#out32 -
#out32 -
#out32 ecx=0x0 esi=0x2000003 edi=0x2000013 flags=pf+zf
#out32 ecx=0x0 esi=0x2000003 edi=0x2000013 flags=pf+zf
#out32 ecx=0x0 esi=0x2000004 edi=0x2000014 flags=cf+af+sf
#out32 ecx=0x0 esi=0x2000004 edi=0x2000014 flags=cf+af+sf
#out32 ecx=0x4 esi=0x2000004 edi=0x2000014 flags=cf+af+sf
#out32 ecx=0x4 esi=0x2000004 edi=0x2000014 flags=cf+af+sf
#code64 f3a6
#out64 -
#out64 -
#out64 rcx=0x0 rsi=0x2000003 rdi=0x2000013 flags=pf+zf
#out64 rcx=0x0 rsi=0x2000003 rdi=0x2000013 flags=pf+zf
#out64 rcx=0x0 rsi=0x2000004 rdi=0x2000014 flags=cf+af+sf
#out64 rcx=0x0 rsi=0x2000004 rdi=0x2000014 flags=cf+af+sf
#out64 rcx=0x4 rsi=0x2000004 rdi=0x2000014 flags=cf+af+sf
#out64 rcx=0x4 rsi=0x2000004 rdi=0x2000014 flags=cf+af+sf
#case repne_scasb 32 64
#in edi=data ecx=0|3|4|5 eax=4 flags=none|cf+zf [data]=0102030405
        repne scasb
#code32 f2ae
#out32 -
#out32 -
#out32 ecx=0x0 edi=0x2000003
#out32 ecx=0x0 edi=0x2000003 flags=none
#out32 ecx=0x0 edi=0x2000004 flags=pf+zf
#out32 ecx=0x0 edi=0x2000004 flags=pf+zf
#out32 ecx=0x1 edi=0x2000004 flags=pf+zf
#out32 ecx=0x1 edi=0x2000004 flags=pf+zf
#code64 f2ae
#out64 -
#out64 -
#out64 rcx=0x0 rdi=0x2000003
#out64 rcx=0x0 rdi=0x2000003 flags=none
#out64 rcx=0x0 rdi=0x2000004 flags=pf+zf
#out64 rcx=0x0 rdi=0x2000004 flags=pf+zf
#out64 rcx=0x1 rdi=0x2000004 flags=pf+zf
#out64 rcx=0x1 rdi=0x2000004 flags=pf+zf
#case repe_scasd 32 64
#in edi=data ecx=3 eax=1 [data]=010000000100000002000000
        repe scasd
#code32 f3af
#out32 ecx=0x0 edi=0x200000c flags=cf+pf+af+sf
#code64 f3af
#out64 rcx=0x0 rdi=0x200000c flags=cf+pf+af+sf
#case scas_single 32 64
#in edi=data eax=0x80 flags=df [data]=01
        scasb
        scasw
#code32 ae66af
#out32 stop=sigsegv.0x1@0x1ffffff rip=code+0x1 edi=0x1ffffff flags=af+df+of
#code64 ae66af
#out64 stop=sigsegv.0x1@0x1ffffff rip=code+0x1 rdi=0x1ffffff flags=af+df+of
#case repne_cmpsw_fault_half_way 32 64
#in esi=data edi=data.end-4 ecx=9 [data]=0102030405060708
        repne cmpsw
#code32 66f2a7
#out32 stop=sigsegv.0x1@data+0x2000 rip=code ecx=0x7 esi=0x2000004 edi=0x2002000 flags=pf
#code64 66f2a7
#out64 stop=sigsegv.0x1@data+0x2000 rip=code rcx=0x7 rsi=0x2000004 rdi=0x2002000 flags=pf
#case rep_movs_32_bit_address 64
#in rsi=0xffffffff02000000 rdi=0xffffffff02000010 rcx=0xffffffff00000004 [data]=01020304
        rep movsb [edi], [esi]
#code64 67f3a4
#out64 rcx=0x0 rsi=0x2000004 rdi=0x2000014 [data+0x10]=01020304
#case rep_32_bit_address_count_zero 64
#in rsi=0xffffffff02000000 rdi=0xffffffff02000010 rcx=0xffffffff00000000
        addr32 rep stosb
#code64 67f3aa
#out64 -
#case movsq_stosq 64
#in rsi=data rdi=data+8 ecx=3 rax=0x1122334455667788 [data]=0102030405060708
        rep movsq
        stosq
#code64 f348a548ab
#out64 rcx=0x0 rsi=0x2000018 rdi=0x2000028 [data+0x8]=0102030405060708010203040506070801020304050607088877665544332211
#case loop_instructions 32 64
#in ecx=1|2|0 flags=none|zf
        loope   1f
        mov     al, 1
1:      jecxz   2f
        mov     ah, 1
2:
#code32 e102b001e302b401
#out32 eax=0x1 ecx=0x0
#out32 eax=0x1 ecx=0x0
#out32 eax=0x101 ecx=0x1
#out32 eax=0x100 ecx=0x1
#out32 eax=0x101 ecx=0xffffffff
#out32 eax=0x100 ecx=0xffffffff
#code64 e102b00167e302b401
#out64 rax=0x1 rcx=0x0
#out64 rax=0x1 rcx=0x0
#out64 rax=0x101 rcx=0x1
#out64 rax=0x100 rcx=0x1
#out64 rax=0x101 rcx=0xffffffffffffffff
#out64 rax=0x100 rcx=0xffffffffffffffff
#case loop_32_bit_counter 64
#in rcx=0x100000001|0x100000000
        addr32 loop 1f
        mov     al, 1
1:
#code64 67e202b001
#out64 rax=0x1 rcx=0x0
#out64 rcx=0xffffffff
