;; add: add eax, ebx; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load
      local.set 5
      local.get 0
      i64.load offset=24
      local.set 6
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 7
      local.get 5
      local.set 8
      local.get 6
      local.set 9
      local.get 5
      i32.wrap_i64
      local.get 6
      i32.wrap_i64
      i32.add
      i64.extend_i32_u
      local.tee 10
      local.set 5
      i64.const 6
      local.set 11
      local.get 7
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 12
      local.get 0
      local.get 5
      i64.store
      local.get 0
      local.get 8
      i64.store offset=152
      local.get 0
      local.get 9
      i64.store offset=160
      local.get 0
      local.get 10
      i64.store offset=168
      local.get 0
      local.get 11
      i64.store offset=176
      local.get 12
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4194306
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 7
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 12
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; add64_memory: add rax, [rbx+rcx*8+16]; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load
      local.set 5
      local.get 0
      i64.load offset=8
      local.set 6
      local.get 0
      i64.load offset=24
      local.set 7
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 8
      local.get 7
      i32.wrap_i64
      local.get 6
      i32.wrap_i64
      i32.const 3
      i32.shl
      i32.add
      i32.const -65536
      i32.add
      i64.load offset=16 align=1
      local.set 9
      local.get 5
      local.set 10
      local.get 9
      local.set 11
      local.get 5
      local.get 9
      i64.add
      local.tee 12
      local.set 5
      i64.const 7
      local.set 13
      local.get 8
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 14
      local.get 0
      local.get 5
      i64.store
      local.get 0
      local.get 10
      i64.store offset=152
      local.get 0
      local.get 11
      i64.store offset=160
      local.get 0
      local.get 12
      i64.store offset=168
      local.get 0
      local.get 13
      i64.store offset=176
      local.get 14
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4198405
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 8
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 14
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; memory_add: add dword [rdi], 1; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 5
      local.get 0
      i64.load offset=56
      local.tee 6
      i32.wrap_i64
      i32.const -65536
      i32.add
      i64.load32_u align=1
      local.tee 7
      local.set 8
      i64.const 1
      local.set 9
      local.get 7
      i32.wrap_i64
      i32.const 1
      i32.add
      i64.extend_i32_u
      local.tee 10
      local.set 11
      i64.const 6
      local.set 12
      local.get 6
      i32.wrap_i64
      i32.const -65536
      i32.add
      local.get 11
      i64.store32 align=1
      local.get 5
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 13
      local.get 0
      local.get 8
      i64.store offset=152
      local.get 0
      local.get 9
      i64.store offset=160
      local.get 0
      local.get 10
      i64.store offset=168
      local.get 0
      local.get 12
      i64.store offset=176
      local.get 13
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4202499
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 5
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 13
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; compare_branch: cmp eax, 10; jl +1; nop; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      block ;; label = @2
        local.get 0
        i64.load
        local.tee 5
        local.set 6
        i64.const 10
        local.set 7
        local.get 5
        i32.wrap_i64
        i32.const 10
        i32.sub
        i64.extend_i32_u
        local.set 8
        i64.const 10
        local.set 9
        local.get 5
        i32.wrap_i64
        i32.const 10
        i32.lt_s
        br_if 0 (;@2;)
        br 0 (;@2;)
      end
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.tee 10
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 11
      local.get 0
      local.get 6
      i64.store offset=152
      local.get 0
      local.get 7
      i64.store offset=160
      local.get 0
      local.get 8
      i64.store offset=168
      local.get 0
      local.get 9
      i64.store offset=176
      local.get 11
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4206598
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 10
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 11
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; test_branch: test al, al; jne +1; nop; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64)
    block ;; label = @1
      block ;; label = @2
        local.get 0
        i64.load
        local.tee 5
        i32.wrap_i64
        i64.extend_i32_u
        local.set 6
        i64.const 12
        local.set 7
        local.get 6
        i32.wrap_i64
        i32.const 255
        i32.and
        i32.eqz
        i32.eqz
        br_if 0 (;@2;)
        br 0 (;@2;)
      end
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.tee 8
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 9
      local.get 0
      local.get 6
      i64.store offset=168
      local.get 0
      local.get 7
      i64.store offset=176
      local.get 9
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4210693
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 8
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 9
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; count_loop: add eax, ecx; dec ecx; jnz -6; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      block ;; label = @2
        i32.const 16384
        local.set 4
        local.get 0
        i64.load
        local.set 5
        local.get 0
        i64.load offset=8
        local.set 6
        loop ;; label = @3
          local.get 4
          i32.const 48
          i32.sub
          local.tee 4
          i32.const 0
          i32.lt_s
          (@metadata.code.branch_hint "\00")
          if ;; label = @4
            i32.const 16384
            local.set 4
            local.get 1
            i32.const 16384
            call 2
            i32.const 4214784
            local.set 3
            (@metadata.code.branch_hint "\00")
            br_if 2 (;@2;)
          end
          block ;; label = @4
            local.get 5
            local.set 7
            local.get 6
            local.set 8
            local.get 5
            i32.wrap_i64
            local.get 6
            i32.wrap_i64
            i32.add
            i64.extend_i32_u
            local.tee 9
            local.set 5
            i64.const 6
            local.set 10
            local.get 9
            i32.wrap_i64
            local.get 7
            i32.wrap_i64
            i32.lt_u
            i64.extend_i32_u
            local.set 7
            local.get 6
            i32.wrap_i64
            i32.const -1
            i32.add
            i64.extend_i32_u
            local.tee 9
            local.set 6
            i64.const 22
            local.set 10
            local.get 9
            i32.wrap_i64
            i32.eqz
            br_if 0 (;@4;)
            local.get 5
            local.set 7
            local.get 6
            local.set 8
            local.get 5
            i32.wrap_i64
            local.get 6
            i32.wrap_i64
            i32.add
            i64.extend_i32_u
            local.tee 9
            local.set 5
            i64.const 6
            local.set 10
            local.get 9
            i32.wrap_i64
            local.get 7
            i32.wrap_i64
            i32.lt_u
            i64.extend_i32_u
            local.set 7
            local.get 6
            i32.wrap_i64
            i32.const -1
            i32.add
            i64.extend_i32_u
            local.tee 9
            local.set 6
            i64.const 22
            local.set 10
            local.get 9
            i32.wrap_i64
            i32.eqz
            br_if 0 (;@4;)
            local.get 5
            local.set 7
            local.get 6
            local.set 8
            local.get 5
            i32.wrap_i64
            local.get 6
            i32.wrap_i64
            i32.add
            i64.extend_i32_u
            local.tee 9
            local.set 5
            i64.const 6
            local.set 10
            local.get 9
            i32.wrap_i64
            local.get 7
            i32.wrap_i64
            i32.lt_u
            i64.extend_i32_u
            local.set 7
            local.get 6
            i32.wrap_i64
            i32.const -1
            i32.add
            i64.extend_i32_u
            local.tee 9
            local.set 6
            i64.const 22
            local.set 10
            local.get 9
            i32.wrap_i64
            i32.eqz
            br_if 0 (;@4;)
            local.get 5
            local.set 7
            local.get 6
            local.set 8
            local.get 5
            i32.wrap_i64
            local.get 6
            i32.wrap_i64
            i32.add
            i64.extend_i32_u
            local.tee 9
            local.set 5
            i64.const 6
            local.set 10
            local.get 9
            i32.wrap_i64
            local.get 7
            i32.wrap_i64
            i32.lt_u
            i64.extend_i32_u
            local.set 7
            local.get 6
            i32.wrap_i64
            i32.const -1
            i32.add
            i64.extend_i32_u
            local.tee 9
            local.set 6
            i64.const 22
            local.set 10
            local.get 9
            i32.wrap_i64
            i32.eqz
            i32.eqz
            br_if 1 (;@3;)
          end
          local.get 0
          i64.load offset=32
          i64.const -65664
          i64.add
          local.tee 11
          i32.wrap_i64
          i64.load offset=128 align=1
          local.set 12
          local.get 0
          local.get 5
          i64.store
          local.get 0
          local.get 6
          i64.store offset=8
          local.get 0
          local.get 7
          i64.store offset=152
          local.get 0
          local.get 9
          i64.store offset=168
          local.get 0
          local.get 10
          i64.store offset=176
          local.get 12
          i64.const 32
          i64.shr_u
          i32.wrap_i64
          i32.const 4214790
          local.set 3
          (@metadata.code.branch_hint "\00")
          br_if 2 (;@1;)
          local.get 0
          local.get 11
          i64.const 65672
          i64.add
          i64.store offset=32
          local.get 12
          i32.wrap_i64
          return
        end
        unreachable
      end
      local.get 0
      local.get 5
      i64.store
      local.get 0
      local.get 6
      i64.store offset=8
      local.get 0
      local.get 7
      i64.store offset=152
      local.get 0
      local.get 8
      i64.store offset=160
      local.get 0
      local.get 9
      i64.store offset=168
      local.get 0
      local.get 10
      i64.store offset=176
      local.get 1
      i32.const 2
      i32.store offset=12
      local.get 3
      return
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; setcc: cmp rax, rbx; setbe cl; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load
      local.set 5
      local.get 0
      i64.load offset=8
      local.set 6
      local.get 0
      i64.load offset=24
      local.set 7
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 8
      local.get 5
      local.set 9
      local.get 7
      local.set 10
      local.get 5
      local.get 7
      i64.sub
      local.tee 11
      drop
      i64.const 11
      local.set 12
      local.get 9
      local.get 10
      i64.le_u
      i64.extend_i32_u
      local.set 13
      local.get 6
      i64.const -256
      i64.and
      local.get 13
      i64.or
      local.set 6
      local.get 8
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 14
      local.get 0
      local.get 6
      i64.store offset=8
      local.get 0
      local.get 9
      i64.store offset=152
      local.get 0
      local.get 10
      i64.store offset=160
      local.get 0
      local.get 11
      i64.store offset=168
      local.get 0
      local.get 12
      i64.store offset=176
      local.get 14
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4218886
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 8
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 14
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; cmov: sub eax, ebx; cmovo ecx, edx; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load
      local.set 5
      local.get 0
      i64.load offset=8
      local.set 6
      local.get 0
      i64.load offset=16
      local.set 7
      local.get 0
      i64.load offset=24
      local.set 8
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 9
      local.get 5
      local.set 10
      local.get 8
      local.set 11
      local.get 5
      i32.wrap_i64
      local.get 8
      i32.wrap_i64
      i32.sub
      i64.extend_i32_u
      local.tee 12
      local.set 5
      i64.const 10
      local.set 13
      local.get 7
      i32.wrap_i64
      local.get 6
      i32.wrap_i64
      local.get 10
      local.get 11
      i64.xor
      local.get 10
      local.get 12
      i64.xor
      i64.and
      i32.wrap_i64
      i32.const 0
      i32.lt_s
      select
      i64.extend_i32_u
      local.set 6
      local.get 9
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 14
      local.get 0
      local.get 5
      i64.store
      local.get 0
      local.get 6
      i64.store offset=8
      local.get 0
      local.get 10
      i64.store offset=152
      local.get 0
      local.get 11
      i64.store offset=160
      local.get 0
      local.get 12
      i64.store offset=168
      local.get 0
      local.get 13
      i64.store offset=176
      local.get 14
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4222981
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 9
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 14
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; adc: add eax, ecx; adc ebx, edx; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load
      local.set 5
      local.get 0
      i64.load offset=8
      local.set 6
      local.get 0
      i64.load offset=16
      local.set 7
      local.get 0
      i64.load offset=24
      local.set 8
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 9
      local.get 5
      local.set 10
      local.get 6
      local.set 11
      local.get 5
      i32.wrap_i64
      local.get 6
      i32.wrap_i64
      i32.add
      i64.extend_i32_u
      local.tee 12
      local.set 5
      i64.const 6
      local.set 13
      local.get 12
      i32.wrap_i64
      local.get 10
      i32.wrap_i64
      i32.lt_u
      i64.extend_i32_u
      local.set 14
      local.get 8
      local.set 10
      local.get 7
      local.set 11
      local.get 8
      local.get 7
      i64.add
      local.get 14
      i64.add
      i64.const 4294967295
      i64.and
      local.tee 12
      local.set 8
      i64.const 6
      local.set 13
      local.get 9
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 14
      local.get 0
      local.get 5
      i64.store
      local.get 0
      local.get 8
      i64.store offset=24
      local.get 0
      local.get 10
      i64.store offset=152
      local.get 0
      local.get 11
      i64.store offset=160
      local.get 0
      local.get 12
      i64.store offset=168
      local.get 0
      local.get 13
      i64.store offset=176
      local.get 14
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4227076
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 9
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 14
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; unknown_carry: adc eax, ebx; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load
      local.set 5
      local.get 0
      i64.load offset=24
      local.set 6
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 7
      local.get 0
      i64.load offset=152
      local.set 8
      local.get 0
      i64.load offset=160
      local.set 9
      local.get 0
      i64.load offset=168
      local.set 10
      local.get 0
      i64.load offset=176
      local.tee 11
      i32.wrap_i64
      i32.const 16
      i32.sub
      i32.const 8
      i32.lt_u
      if (result i32) ;; label = @2
        local.get 8
        i32.wrap_i64
      else
        local.get 8
        local.get 9
        local.get 10
        local.get 11
        i32.wrap_i64
        call 1
      end
      i32.const 1
      i32.and
      i64.extend_i32_u
      local.set 12
      local.get 5
      local.set 8
      local.get 6
      local.set 9
      local.get 5
      local.get 6
      i64.add
      local.get 12
      i64.add
      i64.const 4294967295
      i64.and
      local.tee 10
      local.set 5
      i64.const 6
      local.set 11
      local.get 7
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 12
      local.get 0
      local.get 5
      i64.store
      local.get 0
      local.get 8
      i64.store offset=152
      local.get 0
      local.get 9
      i64.store offset=160
      local.get 0
      local.get 10
      i64.store offset=168
      local.get 0
      local.get 11
      i64.store offset=176
      local.get 12
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4231170
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 7
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 12
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; shift: shl eax, 3; js +1; nop; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      block ;; label = @2
        local.get 0
        i64.load
        local.set 5
        local.get 0
        i64.load offset=152
        local.set 6
        local.get 0
        i64.load offset=160
        local.set 7
        local.get 0
        i64.load offset=168
        local.set 8
        local.get 0
        i64.load offset=176
        local.set 9
        local.get 5
        local.set 6
        i64.const 3
        local.set 7
        local.get 5
        i32.wrap_i64
        i32.const 3
        i32.shl
        i64.extend_i32_u
        local.tee 8
        local.set 5
        i64.const 26
        local.set 9
        local.get 8
        i32.wrap_i64
        i32.const 0
        i32.lt_s
        br_if 0 (;@2;)
        br 0 (;@2;)
      end
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.tee 10
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 11
      local.get 0
      local.get 5
      i64.store
      local.get 0
      local.get 6
      i64.store offset=152
      local.get 0
      local.get 7
      i64.store offset=160
      local.get 0
      local.get 8
      i64.store offset=168
      local.get 0
      local.get 9
      i64.store offset=176
      local.get 11
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4235270
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 10
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 11
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; shift_cl: shr rax, cl; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load
      local.set 5
      local.get 0
      i64.load offset=8
      local.set 6
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 7
      local.get 0
      i64.load offset=152
      local.set 8
      local.get 0
      i64.load offset=160
      local.set 9
      local.get 0
      i64.load offset=168
      local.set 10
      local.get 0
      i64.load offset=176
      local.set 11
      local.get 6
      i64.const 63
      i64.and
      local.set 12
      local.get 5
      local.set 14
      local.get 5
      local.get 12
      i64.shr_u
      local.set 13
      local.get 12
      i64.eqz
      i32.eqz
      if ;; label = @2
        local.get 14
        local.set 8
        local.get 12
        local.set 9
        local.get 13
        local.set 10
        i64.const 31
        local.set 11
      end
      local.get 13
      local.set 5
      local.get 7
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 12
      local.get 0
      local.get 5
      i64.store
      local.get 0
      local.get 8
      i64.store offset=152
      local.get 0
      local.get 9
      i64.store offset=160
      local.get 0
      local.get 10
      i64.store offset=168
      local.get 0
      local.get 11
      i64.store offset=176
      local.get 12
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4239363
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 7
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 12
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; rotate: rol eax, 5; jc +1; nop; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      block ;; label = @2
        local.get 0
        i64.load
        local.set 5
        local.get 0
        i64.load offset=152
        local.set 6
        local.get 0
        i64.load offset=160
        local.set 7
        local.get 0
        i64.load offset=168
        local.set 8
        local.get 0
        i64.load offset=176
        local.set 9
        local.get 5
        i64.const 4294967295
        i64.and
        local.tee 10
        i64.const 5
        i64.shl
        local.get 10
        i64.const 27
        i64.shr_u
        i64.or
        i64.const 4294967295
        i64.and
        local.tee 10
        local.set 5
        local.get 10
        i64.const 0
        i64.shr_u
        i32.wrap_i64
        i32.const 1
        i32.and
        local.get 10
        i64.const 0
        i64.shr_u
        i32.wrap_i64
        i32.const 1
        i32.and
        local.get 10
        i64.const 31
        i64.shr_u
        i32.wrap_i64
        i32.const 1
        i32.and
        i32.xor
        i32.const 11
        i32.shl
        i32.or
        local.get 6
        local.get 7
        local.get 8
        local.get 9
        i32.wrap_i64
        call 1
        i32.const 212
        i32.and
        i32.or
        i64.extend_i32_u
        local.set 8
        i64.const 0
        local.set 9
        local.get 8
        i32.wrap_i64
        i32.const 1
        i32.and
        br_if 0 (;@2;)
        br 0 (;@2;)
      end
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.tee 11
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 10
      local.get 0
      local.get 5
      i64.store
      local.get 0
      local.get 8
      i64.store offset=168
      local.get 0
      local.get 9
      i64.store offset=176
      local.get 10
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4243462
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 11
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 10
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; bit_test: bt eax, 7; jc +1; nop; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      block ;; label = @2
        local.get 0
        i64.load
        local.set 5
        local.get 0
        i64.load offset=152
        local.set 6
        local.get 0
        i64.load offset=160
        local.set 7
        local.get 0
        i64.load offset=168
        local.set 8
        local.get 0
        i64.load offset=176
        local.set 9
        local.get 5
        i64.const 4294967295
        i64.and
        local.set 10
        i64.const 7
        i64.const 31
        i64.and
        local.set 11
        local.get 10
        local.get 11
        i64.shr_u
        i32.wrap_i64
        i32.const 1
        i32.and
        local.get 6
        local.get 7
        local.get 8
        local.get 9
        i32.wrap_i64
        call 1
        i32.const 2260
        i32.and
        i32.or
        i64.extend_i32_u
        local.set 8
        i64.const 0
        local.set 9
        local.get 8
        i32.wrap_i64
        i32.const 1
        i32.and
        br_if 0 (;@2;)
        br 0 (;@2;)
      end
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.tee 12
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 10
      local.get 0
      local.get 8
      i64.store offset=168
      local.get 0
      local.get 9
      i64.store offset=176
      local.get 10
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4247559
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 12
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 10
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; scan: bsf eax, ecx; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load
      local.set 5
      local.get 0
      i64.load offset=8
      local.set 6
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 7
      local.get 6
      i64.const 4294967295
      i64.and
      local.set 8
      local.get 5
      local.set 10
      local.get 8
      i64.ctz
      local.set 9
      i32.const 68
      local.get 9
      i32.wrap_i64
      i32.const 255
      i32.and
      i32.popcnt
      i32.const 1
      i32.and
      i32.eqz
      i32.const 2
      i32.shl
      local.get 8
      i64.eqz
      select
      i64.extend_i32_u
      local.set 11
      i64.const 0
      local.set 12
      local.get 10
      local.get 9
      local.get 8
      i64.eqz
      select
      local.set 5
      local.get 7
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 8
      local.get 0
      local.get 5
      i64.store
      local.get 0
      local.get 11
      i64.store offset=168
      local.get 0
      local.get 12
      i64.store offset=176
      local.get 8
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4251651
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 7
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 8
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; multiply: mul rbx; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64 i64 i32 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load
      local.set 5
      local.get 0
      i64.load offset=16
      local.set 6
      local.get 0
      i64.load offset=24
      local.set 7
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 8
      local.get 5
      local.set 9
      local.get 7
      local.tee 10
      local.get 9
      i64.mul
      local.set 11
      local.get 9
      local.get 10
      call 4
      local.set 12
      local.get 12
      i64.eqz
      i32.eqz
      local.set 13
      local.get 11
      local.set 5
      local.get 12
      local.set 6
      local.get 11
      local.set 11
      local.get 13
      i32.const 2049
      i32.mul
      local.get 11
      i64.eqz
      i32.const 6
      i32.shl
      local.get 11
      i64.const 63
      i64.shr_u
      i32.wrap_i64
      i32.const 7
      i32.shl
      i32.or
      local.get 11
      i32.wrap_i64
      i32.const 255
      i32.and
      i32.popcnt
      i32.const 1
      i32.and
      i32.eqz
      i32.const 2
      i32.shl
      i32.or
      i32.const -65
      i32.and
      i32.or
      i64.extend_i32_u
      local.set 14
      i64.const 0
      local.set 15
      local.get 8
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 9
      local.get 0
      local.get 5
      i64.store
      local.get 0
      local.get 6
      i64.store offset=16
      local.get 0
      local.get 14
      i64.store offset=168
      local.get 0
      local.get 15
      i64.store offset=176
      local.get 9
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4255747
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 8
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 9
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; imul: imul eax, ebx; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i32 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load
      local.set 5
      local.get 0
      i64.load offset=24
      local.set 6
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 7
      local.get 5
      i64.extend32_s
      local.set 8
      local.get 6
      i64.extend32_s
      local.tee 9
      local.get 8
      i64.mul
      local.set 10
      local.get 10
      local.get 10
      i64.extend32_s
      i64.ne
      local.set 11
      local.get 10
      i64.const 4294967295
      i64.and
      local.set 10
      local.get 11
      i32.const 2049
      i32.mul
      local.get 10
      i64.eqz
      i32.const 6
      i32.shl
      local.get 10
      i64.const 31
      i64.shr_u
      i32.wrap_i64
      i32.const 7
      i32.shl
      i32.or
      local.get 10
      i32.wrap_i64
      i32.const 255
      i32.and
      i32.popcnt
      i32.const 1
      i32.and
      i32.eqz
      i32.const 2
      i32.shl
      i32.or
      i32.const -65
      i32.and
      i32.or
      i64.extend_i32_u
      local.set 12
      i64.const 0
      local.set 13
      local.get 10
      local.set 5
      local.get 7
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 8
      local.get 0
      local.get 5
      i64.store
      local.get 0
      local.get 12
      i64.store offset=168
      local.get 0
      local.get 13
      i64.store offset=176
      local.get 8
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4259843
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 7
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 8
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; divide: cdq; idiv ecx; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64 i64 i32)
    block ;; label = @1
      block ;; label = @2
        local.get 0
        i64.load
        local.set 5
        local.get 0
        i64.load offset=8
        local.set 6
        local.get 0
        i64.load offset=32
        i64.const -65664
        i64.add
        local.set 7
        local.get 5
        i32.wrap_i64
        i32.const 31
        i32.shr_s
        i64.extend_i32_u
        local.set 8
        local.get 6
        i32.wrap_i64
        i64.extend_i32_s
        local.tee 10
        i32.const 4263937
        local.set 3
        i64.eqz
        (@metadata.code.branch_hint "\00")
        br_if 0 (;@2;)
        local.get 8
        i64.const 32
        i64.shl
        local.get 5
        i64.const 4294967295
        i64.and
        i64.or
        local.tee 9
        i64.const -9223372036854775808
        i32.const 4263937
        local.set 3
        i64.eq
        (@metadata.code.branch_hint "\00")
        br_if 0 (;@2;)
        local.get 9
        local.get 9
        i64.extend32_s
        i64.eq
        local.get 10
        i64.const -1
        i64.ne
        i32.and
        if ;; label = @3
          local.get 9
          i32.wrap_i64
          local.get 10
          i32.wrap_i64
          i32.div_s
          local.tee 12
          i64.extend_i32_s
          local.set 11
        else
          local.get 9
          local.get 10
          i64.div_s
          local.set 11
        end
        local.get 11
        local.get 11
        i64.extend32_s
        i32.const 4263937
        local.set 3
        i64.ne
        (@metadata.code.branch_hint "\00")
        br_if 0 (;@2;)
        local.get 11
        i64.const 4294967295
        i64.and
        local.set 5
        local.get 9
        local.get 11
        local.get 10
        i64.mul
        i64.sub
        i64.const 4294967295
        i64.and
        local.set 8
        local.get 7
        i32.wrap_i64
        i64.load offset=128 align=1
        local.set 9
        local.get 0
        local.get 5
        i64.store
        local.get 0
        local.get 8
        i64.store offset=16
        local.get 9
        i64.const 32
        i64.shr_u
        i32.wrap_i64
        i32.const 4263939
        local.set 3
        (@metadata.code.branch_hint "\00")
        br_if 1 (;@1;)
        local.get 0
        local.get 7
        i64.const 65672
        i64.add
        i64.store offset=32
        local.get 9
        i32.wrap_i64
        return
        unreachable
      end
      local.get 0
      local.get 8
      i64.store offset=16
      local.get 1
      i32.const 1
      i32.store offset=12
      local.get 3
      return
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; byte_registers: mov ah, bl; movzx ecx, ah; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load
      local.set 5
      local.get 0
      i64.load offset=24
      local.set 6
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 7
      local.get 5
      i64.const -65281
      i64.and
      local.get 6
      i64.const 255
      i64.and
      i64.const 8
      i64.shl
      i64.or
      local.tee 5
      i64.const 8
      i64.shr_u
      i64.const 255
      i64.and
      local.tee 8
      local.set 9
      local.get 7
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 10
      local.get 0
      local.get 5
      i64.store
      local.get 0
      local.get 9
      i64.store offset=8
      local.get 10
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4268037
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 7
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 10
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; push_pop: push rbx; pop rcx; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load offset=24
      local.set 5
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.tee 6
      i32.wrap_i64
      local.get 5
      i64.store offset=120 align=1
      local.get 6
      i32.wrap_i64
      i64.load offset=120 align=1
      local.set 7
      local.get 6
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 8
      local.get 0
      local.get 7
      i64.store offset=8
      local.get 8
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4272130
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 6
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 8
      i32.wrap_i64
      return
      unreachable
    end
    local.get 0
    local.get 6
    i64.const 65664
    i64.add
    i64.store offset=32
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; call: call +1; ret; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i32 i64 i64 i64)
    block ;; label = @1
      block ;; label = @2
        block ;; label = @3
          local.get 2
          i32.const 65536
          i32.lt_u
          (@metadata.code.branch_hint "\01")
          if ;; label = @4
            local.get 0
            i64.load offset=32
            i64.const -65664
            i64.add
            local.set 6
            i64.const 4276229
            local.set 7
            local.get 6
            i32.wrap_i64
            local.get 7
            i64.store offset=120 align=1
            local.get 6
            i64.const -8
            i64.add
            local.tee 6
            i32.wrap_i64
            i64.load offset=128 align=1
            local.tee 8
            i64.const 4276229
            i64.ne
            (@metadata.code.branch_hint "\00")
            if ;; label = @5
              local.get 8
              i64.const 32
              i64.shr_u
              i32.wrap_i64
              i32.const 4276230
              local.set 3
              (@metadata.code.branch_hint "\00")
              br_if 4 (;@1;)
              local.get 8
              i32.wrap_i64
              local.set 3
              local.get 6
              i64.const 8
              i64.add
              local.set 6
              br 3 (;@2;)
            end
            local.get 6
            i64.const 8
            i64.add
            local.set 6
            br 1 (;@3;)
          end
          local.get 2
          i32.const 16
          i32.shr_u
          local.set 5
          local.get 2
          i32.const 65535
          i32.and
          local.set 2
          local.get 0
          i64.load offset=32
          i64.const -65664
          i64.add
          local.set 6
          br 0 (;@3;)
        end
        local.get 6
        i32.wrap_i64
        i64.load offset=128 align=1
        local.tee 8
        i64.const 32
        i64.shr_u
        i32.wrap_i64
        i32.const 4276229
        local.set 3
        (@metadata.code.branch_hint "\00")
        br_if 1 (;@1;)
        local.get 0
        local.get 6
        i64.const 65672
        i64.add
        i64.store offset=32
        local.get 8
        i32.wrap_i64
        return
        unreachable
      end
      local.get 0
      local.get 6
      i64.const 65664
      i64.add
      i64.store offset=32
      local.get 3
      return
    end
    local.get 0
    local.get 6
    i64.const 65664
    i64.add
    i64.store offset=32
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; call_indirect: call rax; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i32 i64 i64 i32 i64 i32)
    block ;; label = @1
      block ;; label = @2
        block ;; label = @3
          local.get 2
          i32.const 3
          i32.and
          i32.eqz
          (@metadata.code.branch_hint "\00")
          if ;; label = @4
            local.get 2
            i32.const 15
            i32.and
            i32.eqz
            (@metadata.code.branch_hint "\00")
            if ;; label = @5
              local.get 2
              i32.const 65535
              i32.and
              i32.eqz
              i32.const 3
              local.set 3
              (@metadata.code.branch_hint "\00")
              br_if 2 (;@3;)
              local.get 1
              i32.load offset=20
              local.tee 3
              if ;; label = @6
                local.get 0
                i64.load offset=32
                i32.wrap_i64
                i32.const 4160
                i32.sub
                i32.const 12
                i32.shr_u
                local.get 3
                i32.add
                i32.load8_u
                i32.const 2
                i32.and
                i32.eqz
                i32.const 1
                local.set 3
                (@metadata.code.branch_hint "\00")
                br_if 3 (;@3;)
              end
            end
            local.get 1
            local.get 1
            i32.load offset=4
            i32.const 64
            i32.sub
            local.tee 3
            i32.store offset=4
            local.get 3
            i32.const 0
            i32.lt_s
            if (result i32) ;; label = @5
              local.get 1
              i32.const 65536
              i32.store offset=4
              local.get 1
              i32.const 65536
              call 2
            else
              i32.const 0
            end
            i32.const 2
            local.set 3
            (@metadata.code.branch_hint "\00")
            br_if 1 (;@3;)
          end
          br 1 (;@2;)
        end
        local.get 1
        local.get 3
        i32.store offset=12
        local.get 2
        i32.const 16
        i32.shr_u
        i32.const 1
        i32.eq
        if ;; label = @3
          i32.const 4280322
          return
        end
        i32.const 4280320
        return
      end
      block ;; label = @2
        local.get 2
        i32.const 65536
        i32.lt_u
        (@metadata.code.branch_hint "\01")
        if ;; label = @3
          local.get 0
          i64.load
          local.set 6
          local.get 0
          i64.load offset=32
          i64.const -65664
          i64.add
          local.set 7
          local.get 6
          local.tee 9
          i64.const 32
          i64.shr_u
          i32.wrap_i64
          i32.const 4280320
          local.set 3
          (@metadata.code.branch_hint "\00")
          br_if 2 (;@1;)
          local.get 9
          i32.wrap_i64
          local.tee 3
          local.set 8
          local.get 7
          i32.wrap_i64
          i64.const 4280322
          i64.store offset=120 align=1
          local.get 0
          local.get 7
          i64.const 65656
          i64.add
          i64.store offset=32
          local.get 1
          i32.load offset=16
          local.get 8
          local.get 8
          i32.const 14
          i32.shr_u
          i32.xor
          i32.const 16383
          i32.and
          i32.const 3
          i32.shl
          i32.add
          local.tee 10
          i32.load
          local.get 8
          i32.eq
          (@metadata.code.branch_hint "\01")
          if (result i32) ;; label = @4
            local.get 0
            local.get 1
            local.get 2
            i32.const 1
            i32.sub
            local.get 10
            i32.load offset=4
            call_indirect (type 0)
          else
            local.get 8
          end
          local.tee 3
          i32.const 4280322
          i32.ne
          (@metadata.code.branch_hint "\00")
          if ;; label = @4
            local.get 0
            local.get 1
            local.get 2
            i32.const 1
            i32.sub
            local.get 3
            i32.const 4280322
            call 3
            local.tee 3
            i32.const 4280322
            i32.ne
            if ;; label = @5
              local.get 3
              return
            end
          end
          local.get 0
          i64.load offset=32
          local.get 7
          i64.const 65664
          i64.add
          i64.ne
          (@metadata.code.branch_hint "\00")
          if ;; label = @4
            local.get 0
            i64.load offset=32
            i64.const -65664
            i64.add
            local.set 7
          end
          br 1 (;@2;)
        end
        local.get 2
        i32.const 16
        i32.shr_u
        local.set 5
        local.get 2
        i32.const 65535
        i32.and
        local.set 2
        local.get 0
        i64.load offset=32
        i64.const -65664
        i64.add
        local.set 7
        br 0 (;@2;)
      end
      local.get 7
      i32.wrap_i64
      i64.load offset=128 align=1
      local.tee 9
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4280322
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 7
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 9
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; jump_indirect: jmp rax
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64)
    block ;; label = @1
      block ;; label = @2
        local.get 0
        i64.load
        local.tee 5
        local.tee 6
        i64.const 32
        i64.shr_u
        i32.wrap_i64
        i32.const 4284416
        local.set 3
        (@metadata.code.branch_hint "\00")
        br_if 1 (;@1;)
        local.get 6
        i32.wrap_i64
        local.set 3
        br 0 (;@2;)
        unreachable
      end
      local.get 0
      local.get 1
      local.get 2
      local.get 3
      return_call 5
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; atomic_add: lock xadd [rdi], eax; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i32 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load
      local.set 5
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 6
      local.get 0
      i64.load offset=56
      local.tee 7
      i32.wrap_i64
      i32.const -65536
      i32.add
      local.set 8
      local.get 8
      i32.const 3
      i32.and
      i32.const 4288512
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 8
      local.get 5
      i64.atomic.rmw32.add_u
      local.tee 9
      local.set 10
      local.get 5
      local.set 11
      local.get 9
      i32.wrap_i64
      local.get 5
      i32.wrap_i64
      i32.add
      i64.extend_i32_u
      local.tee 12
      drop
      i64.const 6
      local.set 13
      local.get 9
      i32.wrap_i64
      i64.extend_i32_u
      local.set 5
      local.get 6
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 14
      local.get 0
      local.get 5
      i64.store
      local.get 0
      local.get 10
      i64.store offset=152
      local.get 0
      local.get 11
      i64.store offset=160
      local.get 0
      local.get 12
      i64.store offset=168
      local.get 0
      local.get 13
      i64.store offset=176
      local.get 14
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4288516
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 6
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 14
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; cmpxchg: lock cmpxchg [rdi], ecx; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i32 i64 i64 i64 i64 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load
      local.set 5
      local.get 0
      i64.load offset=8
      local.set 6
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 7
      local.get 0
      i64.load offset=56
      local.tee 8
      i32.wrap_i64
      i32.const -65536
      i32.add
      local.set 9
      local.get 9
      i32.const 3
      i32.and
      i32.const 4292608
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 9
      local.get 5
      i64.const 4294967295
      i64.and
      local.get 6
      i64.atomic.rmw32.cmpxchg_u
      local.set 10
      local.get 5
      local.set 11
      local.get 10
      local.set 12
      local.get 5
      i32.wrap_i64
      local.get 10
      i32.wrap_i64
      i32.sub
      i64.extend_i32_u
      local.tee 13
      drop
      i64.const 10
      local.set 14
      local.get 5
      local.get 10
      local.get 11
      i32.wrap_i64
      local.get 12
      i32.wrap_i64
      i32.eq
      select
      local.tee 15
      local.set 5
      local.get 7
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 16
      local.get 0
      local.get 5
      i64.store
      local.get 0
      local.get 11
      i64.store offset=152
      local.get 0
      local.get 12
      i64.store offset=160
      local.get 0
      local.get 13
      i64.store offset=168
      local.get 0
      local.get 14
      i64.store offset=176
      local.get 16
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4292612
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 7
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 16
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; string: rep movsb; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i32 i32 i32 i32 i32 i64)
    block ;; label = @1
      block ;; label = @2
        block ;; label = @3
          local.get 0
          i64.load offset=8
          local.set 5
          local.get 0
          i64.load offset=32
          i64.const -65664
          i64.add
          local.set 6
          local.get 0
          i64.load offset=48
          local.set 7
          local.get 0
          i64.load offset=56
          local.tee 8
          i32.wrap_i64
          local.set 10
          local.get 7
          i32.wrap_i64
          local.set 11
          local.get 5
          i32.wrap_i64
          i32.const 0
          i32.shl
          local.set 9
          local.get 5
          i64.const 1048576
          i64.lt_u
          local.get 0
          i32.load8_u offset=3096
          i32.eqz
          i32.and
          local.get 8
          local.get 7
          i64.or
          i64.const 32
          i64.shr_u
          i64.eqz
          i32.and
          local.get 10
          local.get 11
          i32.sub
          local.get 9
          i32.ge_u
          i32.and
          i32.const 0
          local.set 12
          if ;; label = @4
            local.get 9
            if ;; label = @5
              local.get 10
              i32.const -65536
              i32.add
              local.get 11
              i32.const -65536
              i32.add
              local.get 9
              memory.copy
            end
            local.get 8
            i32.wrap_i64
            local.get 9
            i32.add
            i64.extend_i32_u
            local.set 8
            local.get 7
            i32.wrap_i64
            local.get 9
            i32.add
            i64.extend_i32_u
            local.set 7
            i64.const 0
            local.set 5
          else
            local.get 0
            local.get 1
            i64.const 268501257
            i64.const -1
            call 0
            local.set 13
            local.get 0
            i64.load offset=8
            local.set 5
            local.get 0
            i64.load offset=48
            local.set 7
            local.get 0
            i64.load offset=56
            local.set 8
            local.get 13
            i32.const 1
            i32.const 4296704
            local.set 3
            i32.eq
            (@metadata.code.branch_hint "\00")
            br_if 3 (;@1;)
            local.get 13
            i32.const 2
            i32.const 4296704
            local.set 3
            i32.eq
            (@metadata.code.branch_hint "\00")
            br_if 1 (;@3;)
            local.get 13
            i32.const 3
            i32.eq
            local.get 12
            i32.or
            local.set 12
          end
          local.get 12
          i32.const 4296706
          local.set 3
          (@metadata.code.branch_hint "\00")
          br_if 1 (;@2;)
          local.get 6
          i32.wrap_i64
          i64.load offset=128 align=1
          local.set 14
          local.get 0
          local.get 5
          i64.store offset=8
          local.get 0
          local.get 7
          i64.store offset=48
          local.get 0
          local.get 8
          i64.store offset=56
          local.get 14
          i64.const 32
          i64.shr_u
          i32.wrap_i64
          i32.const 4296706
          local.set 3
          (@metadata.code.branch_hint "\00")
          br_if 2 (;@1;)
          local.get 0
          local.get 6
          i64.const 65672
          i64.add
          i64.store offset=32
          local.get 14
          i32.wrap_i64
          return
          unreachable
        end
        local.get 3
        return
      end
      local.get 0
      local.get 5
      i64.store offset=8
      local.get 0
      local.get 7
      i64.store offset=48
      local.get 0
      local.get 8
      i64.store offset=56
      local.get 1
      i32.const 2
      i32.store offset=12
      local.get 3
      return
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; syscall: mov eax, 39; syscall
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load offset=152
      local.set 5
      local.get 0
      i64.load offset=160
      local.set 6
      local.get 0
      i64.load offset=168
      local.set 7
      local.get 0
      i64.load offset=176
      local.set 8
      i64.const 39
      local.set 9
      i32.const 4300805
      local.set 3
      br 0 (;@1;)
      unreachable
    end
    local.get 0
    local.get 9
    i64.store
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; bswap: bswap rax; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load
      local.set 5
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 6
      local.get 5
      local.tee 7
      i64.const 71777214294589695
      i64.and
      i64.const 8
      i64.shl
      local.get 7
      i64.const 8
      i64.shr_u
      i64.const 71777214294589695
      i64.and
      i64.or
      local.tee 7
      i64.const 281470681808895
      i64.and
      i64.const 16
      i64.shl
      local.get 7
      i64.const 16
      i64.shr_u
      i64.const 281470681808895
      i64.and
      i64.or
      i64.const 32
      i64.rotl
      local.set 5
      local.get 6
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 7
      local.get 0
      local.get 5
      i64.store
      local.get 7
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4304899
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 6
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 7
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; thread_local: mov eax, fs:[0x28]; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 5
      local.get 0
      i64.load offset=136
      local.tee 6
      i32.wrap_i64
      i32.const -65536
      i32.add
      i64.load32_u offset=40 align=1
      local.set 7
      local.get 5
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 8
      local.get 0
      local.get 7
      i64.store
      local.get 8
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4309000
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 5
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 8
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; prefetch: prefetcht0 [rdi+64]; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i32 i64)
    block ;; label = @1
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 5
      local.get 0
      i64.load offset=56
      local.tee 6
      i32.wrap_i64
      i32.const -65472
      i32.add
      local.tee 7
      i32.const 16
      i32.shr_u
      memory.size
      i32.lt_u
      (@metadata.code.branch_hint "\01")
      if ;; label = @2
        local.get 7
        i32.load8_u
        drop
      end
      local.get 5
      i32.wrap_i64
      i64.load offset=128 align=1
      local.tee 8
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4313092
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 5
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 8
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

;; rip_relative: mov eax, [rip+0x100]; ret
  (func (;6;) (type 0) (param i32 i32 i32) (result i32)
    (local i32 i32 i64 i64 i64)
    block ;; label = @1
      local.get 0
      i64.load offset=32
      i64.const -65664
      i64.add
      local.set 5
      i32.const 4251910
      i64.load32_u align=1
      local.set 6
      local.get 5
      i32.wrap_i64
      i64.load offset=128 align=1
      local.set 7
      local.get 0
      local.get 6
      i64.store
      local.get 7
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 4317190
      local.set 3
      (@metadata.code.branch_hint "\00")
      br_if 0 (;@1;)
      local.get 0
      local.get 5
      i64.const 65672
      i64.add
      i64.store offset=32
      local.get 7
      i32.wrap_i64
      return
      unreachable
    end
    local.get 1
    i32.const 1
    i32.store offset=12
    local.get 3
    return
    unreachable
  )

