# AVX and AVX2: the same in each lane of 128 bits, whose upper one a result of 128 bits clears.

#case lanes_xmm_0 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vpand xmm2, xmm0, xmm1
        vpandn xmm3, xmm0, xmm1
        vpor xmm4, xmm0, xmm1
        vpxor xmm5, xmm0, xmm1
        vandps xmm6, xmm0, xmm1
        vandnpd xmm7, xmm0, xmm1
#code32 c5f9dbd1c5f9dfd9c5f9ebe1c5f9efe9c5f854f1c5f955f9
#out32 xmm2=0x18000000000008001808201020300 xmm3=0x80007fff7f00fe0100800201fefc7c01 xmm4=0xffffffff7fffff01ffff82fffffe7f05 xmm5=0xfffe7fff7fffff017ffe027dfefc7c05 xmm6=0x18000000000008001808201020300 xmm7=0x80007fff7f00fe0100800201fefc7c01 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c5f9dbd1c5f9dfd9c5f9ebe1c5f9efe9c5f854f1c5f955f9
#out64 xmm2=0x18000000000008001808201020300 xmm3=0x80007fff7f00fe0100800201fefc7c01 xmm4=0xffffffff7fffff01ffff82fffffe7f05 xmm5=0xfffe7fff7fffff017ffe027dfefc7c05 xmm6=0x18000000000008001808201020300 xmm7=0x80007fff7f00fe0100800201fefc7c01 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_1 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vorps xmm2, xmm0, xmm1
        vxorpd xmm3, xmm0, xmm1
        vpaddb xmm4, xmm0, xmm1
        vpaddw xmm5, xmm0, xmm1
        vpaddd xmm6, xmm0, xmm1
        vpaddq xmm7, xmm0, xmm1
#code32 c5f856d1c5f957d9c5f9fce1c5f9fde9c5f9fef1c5f9d4f9
#out32 xmm2=0xffffffff7fffff01ffff82fffffe7f05 xmm3=0xfffe7fff7fffff017ffe027dfefc7c05 xmm4=0xff007fff7fffff017f00028100008205 xmm5=0x7fff7fffff018000038101008205 xmm6=0x17fff7fffff018001038101008205 xmm7=0x17fff7fffff018001038201008205 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c5f856d1c5f957d9c5f9fce1c5f9fde9c5f9fef1c5f9d4f9
#out64 xmm2=0xffffffff7fffff01ffff82fffffe7f05 xmm3=0xfffe7fff7fffff017ffe027dfefc7c05 xmm4=0xff007fff7fffff017f00028100008205 xmm5=0x7fff7fffff018000038101008205 xmm6=0x17fff7fffff018001038101008205 xmm7=0x17fff7fffff018001038201008205 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_2 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vpsubb xmm2, xmm0, xmm1
        vpsubw xmm3, xmm0, xmm1
        vpsubd xmm4, xmm0, xmm1
        vpsubq xmm5, xmm0, xmm1
        vpaddsb xmm6, xmm0, xmm1
        vpaddsw xmm7, xmm0, xmm1
#code32 c5f9f8d1c5f9f9d9c5f9fae1c5f9fbe9c5f9ecf1c5f9edf9
#out32 xmm2=0xfffe810181ff03ff7ffefe7b02048403 xmm3=0xfffe800181ff02ff7efefe7b01048403 xmm4=0xfffd800181fe02ff7efdfe7b01038403 xmm5=0xfffd800081fe02ff7efdfe7a01038403 xmm6=0xff0080ff7fffff018000808100007f05 xmm7=0x80007fffff018000800001007fff upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c5f9f8d1c5f9f9d9c5f9fae1c5f9fbe9c5f9ecf1c5f9edf9
#out64 xmm2=0xfffe810181ff03ff7ffefe7b02048403 xmm3=0xfffe800181ff02ff7efefe7b01048403 xmm4=0xfffd800181fe02ff7efdfe7b01038403 xmm5=0xfffd800081fe02ff7efdfe7a01038403 xmm6=0xff0080ff7fffff018000808100007f05 xmm7=0x80007fffff018000800001007fff upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_3 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vpaddusb xmm2, xmm0, xmm1
        vpaddusw xmm3, xmm0, xmm1
        vpsubsb xmm4, xmm0, xmm1
        vpsubsw xmm5, xmm0, xmm1
        vpsubusb xmm6, xmm0, xmm1
        vpsubusw xmm7, xmm0, xmm1
#code32 c5f9dcd1c5f9ddd9c5f9e8e1c5f9e9e9c5f9d8f1c5f9d9f9
#out32 xmm2=0xffffffff7fffff01ffffffffffff8205 xmm3=0xffffffff7fffff01ffffffffffff8205 xmm4=0x7ffe810181ff03ff7f7ffe7b02048403 xmm5=0x7fff800181ff02ff7efefe7b01048403 xmm6=0xfe000000ff00007f00007b00000003 xmm7=0x7efe000000000000 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c5f9dcd1c5f9ddd9c5f9e8e1c5f9e9e9c5f9d8f1c5f9d9f9
#out64 xmm2=0xffffffff7fffff01ffffffffffff8205 xmm3=0xffffffff7fffff01ffffffffffff8205 xmm4=0x7ffe810181ff03ff7f7ffe7b02048403 xmm5=0x7fff800181ff02ff7efefe7b01048403 xmm6=0xfe000000ff00007f00007b00000003 xmm7=0x7efe000000000000 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_4 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vpmullw xmm2, xmm0, xmm1
        vpmulld xmm3, xmm0, xmm1
        vpmulhw xmm4, xmm0, xmm1
        vpmulhuw xmm5, xmm0, xmm1
        vpmulhrsw xmm6, xmm0, xmm1
        vpmuludq xmm7, xmm0, xmm1
#code32 c5f9d5d1c4e27940d9c5f9e5e1c5f9e4e9c4e2790bf1c5f9f4f9
#out32 xmm2=0xffff8000810001003efffdfafdfcff04 xmm3=0x8000800003fd01007dbdfdfafa78ff04 xmm4=0xc0000000007efffe00403e41ffff017e xmm5=0x3fff7fff007e00fe804041c20101017e xmm6=0x8002000100fdfffc00807c84000002fe xmm7=0x7e827c03fd01000102017ffa78ff04 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c5f9d5d1c4e27940d9c5f9e5e1c5f9e4e9c4e2790bf1c5f9f4f9
#out64 xmm2=0xffff8000810001003efffdfafdfcff04 xmm3=0x8000800003fd01007dbdfdfafa78ff04 xmm4=0xc0000000007efffe00403e41ffff017e xmm5=0x3fff7fff007e00fe804041c20101017e xmm6=0x8002000100fdfffc00807c84000002fe xmm7=0x7e827c03fd01000102017ffa78ff04 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_5 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vpmuldq xmm2, xmm0, xmm1
        vpmaddwd xmm3, xmm0, xmm1
        vpmaddubsw xmm4, xmm0, xmm1
        vpsadbw xmm5, xmm0, xmm1
        vpavgb xmm6, xmm0, xmm1
        vpavgw xmm7, xmm0, xmm1
#code32 c4e27928d1c5f9f5d9c4e27904e1c5f9f6e9c5f9e0f1c5f9e3f9
#out32 xmm2=0x7e827c03fd0100fffffe7bfa78ff04 xmm3=0xc0017fff007c82003e823cf9017efd00 xmm4=0xc17fff800000fffe80008000fffb0181 xmm5=0x4f90000000000000377 xmm6=0x8080c08040808001c08081c180804103 xmm7=0x8000c00040007f81c00081c180804103 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c4e27928d1c5f9f5d9c4e27904e1c5f9f6e9c5f9e0f1c5f9e3f9
#out64 xmm2=0x7e827c03fd0100fffffe7bfa78ff04 xmm3=0xc0017fff007c82003e823cf9017efd00 xmm4=0xc17fff800000fffe80008000fffb0181 xmm5=0x4f90000000000000377 xmm6=0x8080c08040808001c08081c180804103 xmm7=0x8000c00040007f81c00081c180804103 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_6 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vpminub xmm2, xmm0, xmm1
        vpmaxub xmm3, xmm0, xmm1
        vpminsb xmm4, xmm0, xmm1
        vpmaxsb xmm5, xmm0, xmm1
        vpminuw xmm6, xmm0, xmm1
        vpmaxuw xmm7, xmm0, xmm1
#code32 c5f9dad1c5f9ded9c4e27938e1c4e2793ce9c4e2793af1c4e2793ef9
#out32 xmm2=0x7f01800000000100807f808301020301 xmm3=0x80ffffff7ffffe01ff8182fefffe7f04 xmm4=0x80ff80ff00fffe0080818083fffe0301 xmm5=0x7f01ff007f000101ff7f82fe01027f04 xmm6=0x7fff800000ff0100808180fe01020304 xmm7=0x8001ffff7f00fe01ff7f8283fffe7f01 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c5f9dad1c5f9ded9c4e27938e1c4e2793ce9c4e2793af1c4e2793ef9
#out64 xmm2=0x7f01800000000100807f808301020301 xmm3=0x80ffffff7ffffe01ff8182fefffe7f04 xmm4=0x80ff80ff00fffe0080818083fffe0301 xmm5=0x7f01ff007f000101ff7f82fe01027f04 xmm6=0x7fff800000ff0100808180fe01020304 xmm7=0x8001ffff7f00fe01ff7f8283fffe7f01 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_7 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vpminsw xmm2, xmm0, xmm1
        vpmaxsw xmm3, xmm0, xmm1
        vpminud xmm4, xmm0, xmm1
        vpmaxud xmm5, xmm0, xmm1
        vpminsd xmm6, xmm0, xmm1
        vpmaxsd xmm7, xmm0, xmm1
#code32 c5f9ead1c5f9eed9c4e2793be1c4e2793fe9c4e27939f1c4e2793df9
#out32 xmm2=0x8001800000fffe01808180fefffe0304 xmm3=0x7fffffff7f000100ff7f828301027f01 xmm4=0x7fff800000ff01008081828301020304 xmm5=0x8001ffff7f00fe01ff7f80fefffe7f01 xmm6=0x8001ffff00ff010080818283fffe7f01 xmm7=0x7fff80007f00fe01ff7f80fe01020304 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c5f9ead1c5f9eed9c4e2793be1c4e2793fe9c4e27939f1c4e2793df9
#out64 xmm2=0x8001800000fffe01808180fefffe0304 xmm3=0x7fffffff7f000100ff7f828301027f01 xmm4=0x7fff800000ff01008081828301020304 xmm5=0x8001ffff7f00fe01ff7f80fefffe7f01 xmm6=0x8001ffff00ff010080818283fffe7f01 xmm7=0x7fff80007f00fe01ff7f80fe01020304 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_8 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vpcmpeqb xmm2, xmm0, xmm1
        vpcmpeqw xmm3, xmm0, xmm1
        vpcmpeqd xmm4, xmm0, xmm1
        vpcmpeqq xmm5, xmm0, xmm1
        vpcmpgtb xmm6, xmm0, xmm1
        vpcmpgtw xmm7, xmm0, xmm1
#code32 c5f974d1c5f975d9c5f976e1c4e27929e9c5f964f1c5f965f9
#out32 xmm6=0xff0000ff0000ff00ffff00ffffff00ff xmm7=0xffff00000000ffffffff0000ffff0000 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c5f974d1c5f975d9c5f976e1c4e27929e9c5f964f1c5f965f9
#out64 xmm6=0xff0000ff0000ff00ffff00ffffff00ff xmm7=0xffff00000000ffffffff0000ffff0000 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_9 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vpcmpgtd xmm2, xmm0, xmm1
        vpcmpgtq xmm3, xmm0, xmm1
        vpsignb xmm4, xmm0, xmm1
        vpsignw xmm5, xmm0, xmm1
        vpsignd xmm6, xmm0, xmm1
        vphaddw xmm7, xmm0, xmm1
#code32 c5f966d1c4e27937d9c4e27908e1c4e27909e9c4e2790af1c4e27901f9
#out32 xmm2=0xffffffff00000000ffffffffffffffff xmm3=0xffffffffffffffffffffffffffffffff xmm4=0x81ff80000000ff0001818002fffe0304 xmm5=0x8001800000ffff0000817f02fefe0304 xmm6=0x8000800000ff010000807f02fefdfcfc xmm7=0x80007d0103047effffff01ff807d0406 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c5f966d1c4e27937d9c4e27908e1c4e27909e9c4e2790af1c4e27901f9
#out64 xmm2=0xffffffff00000000ffffffffffffffff xmm3=0xffffffffffffffffffffffffffffffff xmm4=0x81ff80000000ff0001818002fffe0304 xmm5=0x8001800000ffff0000817f02fefe0304 xmm6=0x8000800000ff010000807f02fefdfcfc xmm7=0x80007d0103047effffff01ff807d0406 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_10 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vphaddsw xmm2, xmm0, xmm1
        vphsubw xmm3, xmm0, xmm1
        vphsubsw xmm4, xmm0, xmm1
        vphaddd xmm5, xmm0, xmm1
        vphsubd xmm6, xmm0, xmm1
        vpacksswb xmm7, xmm0, xmm1
#code32 c4e27903d1c4e27905d9c4e27907e1c4e27902e9c4e27906f1c5f963f9
#out32 xmm2=0x80007d0180007effffff01ff807d0406 xmm3=0x7ffe7f0102027f0300010001817f0202 xmm4=0x7ffe800002027f0380000001817f0202 xmm5=0xff02fe008080018480fe810000818402 xmm6=0xfefefe027f7cfc7e80ff810001828206 xmm7=0x80ff7f808080fe7f7f807f7f80807f7f upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c4e27903d1c4e27905d9c4e27907e1c4e27902e9c4e27906f1c5f963f9
#out64 xmm2=0x80007d0180007effffff01ff807d0406 xmm3=0x7ffe7f0102027f0300010001817f0202 xmm4=0x7ffe800002027f0380000001817f0202 xmm5=0xff02fe008080018480fe810000818402 xmm6=0xfefefe027f7cfc7e80ff810001828206 xmm7=0x80ff7f808080fe7f7f807f7f80807f7f upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_11 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vpackuswb xmm2, xmm0, xmm1
        vpackssdw xmm3, xmm0, xmm1
        vpackusdw xmm4, xmm0, xmm1
        vpunpcklbw xmm5, xmm0, xmm1
        vpunpcklwd xmm6, xmm0, xmm1
        vpunpckldq xmm7, xmm0, xmm1
#code32 c5f967d1c5f96bd9c4e2792be1c5f960e9c5f961f1c5f962f9
#out32 xmm2=0xff00000000ffff00ffff0000ffff xmm3=0x80007fff800080007fff7fff80007fff xmm4=0xffff00000000ffffffff0000ffff xmm5=0x80ff817f828083feff01fe027f030104 xmm6=0x8081ff7f828380fefffe01027f010304 xmm7=0x80818283ff7f80fefffe7f0101020304 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c5f967d1c5f96bd9c4e2792be1c5f960e9c5f961f1c5f962f9
#out64 xmm2=0xff00000000ffff00ffff0000ffff xmm3=0x80007fff800080007fff7fff80007fff xmm4=0xffff00000000ffffffff0000ffff xmm5=0x80ff817f828083feff01fe027f030104 xmm6=0x8081ff7f828380fefffe01027f010304 xmm7=0x80818283ff7f80fefffe7f0101020304 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_12 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vpunpcklqdq xmm2, xmm0, xmm1
        vpunpckhbw xmm3, xmm0, xmm1
        vpunpckhwd xmm4, xmm0, xmm1
        vpunpckhdq xmm5, xmm0, xmm1
        vpunpckhqdq xmm6, xmm0, xmm1
        vunpcklps xmm7, xmm0, xmm1
#code32 c5f96cd1c5f968d9c5f969e1c5f96ae9c5f96df1c5f814f9
#out32 xmm2=0x80818283fffe7f01ff7f80fe01020304 xmm3=0x807f01ffff80ff007f0000fffe010100 xmm4=0x80017fffffff80007f0000fffe010100 xmm5=0x8001ffff7fff80007f00fe0100ff0100 xmm6=0x8001ffff7f00fe017fff800000ff0100 xmm7=0x80818283ff7f80fefffe7f0101020304 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c5f96cd1c5f968d9c5f969e1c5f96ae9c5f96df1c5f814f9
#out64 xmm2=0x80818283fffe7f01ff7f80fe01020304 xmm3=0x807f01ffff80ff007f0000fffe010100 xmm4=0x80017fffffff80007f0000fffe010100 xmm5=0x8001ffff7fff80007f00fe0100ff0100 xmm6=0x8001ffff7f00fe017fff800000ff0100 xmm7=0x80818283ff7f80fefffe7f0101020304 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_13 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vunpckhps xmm2, xmm0, xmm1
        vunpcklpd xmm3, xmm0, xmm1
        vunpckhpd xmm4, xmm0, xmm1
        vpshufb xmm5, xmm0, xmm1
        vpsllvd xmm6, xmm0, xmm1
        vpsllvq xmm7, xmm0, xmm1
#code32 c5f815d1c5f914d9c5f915e1c4e27900e9c4e27947f1c4e2f947f9
#out32 xmm2=0x8001ffff7fff80007f00fe0100ff0100 xmm3=0x80818283fffe7f01ff7f80fe01020304 xmm4=0x8001ffff7f00fe017fff800000ff0100 xmm5=0x300007f0400030000000000007f03 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c5f815d1c5f914d9c5f915e1c4e27900e9c4e27947f1c4e2f947f9
#out64 xmm2=0x8001ffff7fff80007f00fe0100ff0100 xmm3=0x80818283fffe7f01ff7f80fe01020304 xmm4=0x8001ffff7f00fe017fff800000ff0100 xmm5=0x300007f0400030000000000007f03 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_14 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vpsrlvd xmm2, xmm0, xmm1
        vpsrlvq xmm3, xmm0, xmm1
        vpsravd xmm4, xmm0, xmm1
        vpalignr xmm5, xmm0, xmm1, 0x5
        vpblendw xmm6, xmm0, xmm1, 0x5a
        vblendps xmm7, xmm0, xmm1, 0x9c
#code32 c4e27945d1c4e2f945d9c4e27946e1c4e3790fe905c4e3790ef15ac4e3790cf99c
#out32 xmm4=0xffffffff00000000 xmm5=0xfe010203048001ffff7f00fe01808182 xmm6=0x7fffffff00fffe01808180fefffe0304 xmm7=0x8001ffff7f00fe01ff7f80fe01020304 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c4e27945d1c4e2f945d9c4e27946e1c4e3790fe905c4e3790ef15ac4e3790cf99c
#out64 xmm4=0xffffffff00000000 xmm5=0xfe010203048001ffff7f00fe01808182 xmm6=0x7fffffff00fffe01808180fefffe0304 xmm7=0x8001ffff7f00fe01ff7f80fe01020304 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_15 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vblendpd xmm2, xmm0, xmm1, 0x6
        vpblendd xmm3, xmm0, xmm1, 0x39
        vshufps xmm4, xmm0, xmm1, 0x1b
        vshufpd xmm5, xmm0, xmm1, 0x9
        vmpsadbw xmm6, xmm0, xmm1, 0x2e
        vpabsb xmm7, xmm1
#code32 c4e3790dd106c4e37902d939c5f8c6e11bc5f9c6e909c4e37942f12ec4e2791cf9
#out32 xmm2=0x8001ffff7f00fe01ff7f80fe01020304 xmm3=0x8001ffff00ff0100ff7f80fefffe7f01 xmm4=0xfffe7f018081828300ff01007fff8000 xmm5=0x80818283fffe7f017fff800000ff0100 xmm6=0x1ff01fd0080027c027d00fd027c027a xmm7=0x800101017f000201807f7e7d01027f01 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c4e3790dd106c4e37902d939c5f8c6e11bc5f9c6e909c4e37942f12ec4e2791cf9
#out64 xmm2=0x8001ffff7f00fe01ff7f80fe01020304 xmm3=0x8001ffff00ff0100ff7f80fefffe7f01 xmm4=0xfffe7f018081828300ff01007fff8000 xmm5=0x80818283fffe7f017fff800000ff0100 xmm6=0x1ff01fd0080027c027d00fd027c027a xmm7=0x800101017f000201807f7e7d01027f01 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_16 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vpabsw xmm2, xmm1
        vpabsd xmm3, xmm1
        vmovddup xmm4, xmm1
        vmovshdup xmm5, xmm1
        vmovsldup xmm6, xmm1
        vpshufd xmm7, xmm1, 0x39
#code32 c4e2791dd1c4e2791ed9c5fb12e1c5fa16e9c5fa12f1c5f970f939
#out32 xmm2=0x7fff00017f0001ff7f7f7d7d00027f01 xmm3=0x7ffe00017f00fe017f7e7d7d000180ff xmm4=0x80818283fffe7f0180818283fffe7f01 xmm5=0x8001ffff8001ffff8081828380818283 xmm6=0x7f00fe017f00fe01fffe7f01fffe7f01 xmm7=0xfffe7f018001ffff7f00fe0180818283 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#code64 c4e2791dd1c4e2791ed9c5fb12e1c5fa16e9c5fa12f1c5f970f939
#out64 xmm2=0x7fff00017f0001ff7f7f7d7d00027f01 xmm3=0x7ffe00017f00fe017f7e7d7d000180ff xmm4=0x80818283fffe7f0180818283fffe7f01 xmm5=0x8001ffff8001ffff8081828380818283 xmm6=0x7f00fe017f00fe01fffe7f01fffe7f01 xmm7=0xfffe7f018001ffff7f00fe0180818283 upper2=0x0 upper3=0x0 upper4=0x0 upper5=0x0 upper6=0x0 upper7=0x0
#case lanes_xmm_17 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001 upper2=0xdead2 upper3=0xdead3 upper4=0xdead4 upper5=0xdead5 upper6=0xdead6 upper7=0xdead7
        vpshuflw xmm2, xmm1, 0x1b
        vpshufhw xmm3, xmm1, 0xb1
#code32 c5fb70d11bc5fa70d9b1
#out32 xmm2=0x8001ffff7f00fe017f01fffe82838081 xmm3=0xffff8001fe017f0080818283fffe7f01 upper2=0x0 upper3=0x0
#code64 c5fb70d11bc5fa70d9b1
#out64 xmm2=0x8001ffff7f00fe017f01fffe82838081 xmm3=0xffff8001fe017f0080818283fffe7f01 upper2=0x0 upper3=0x0
#case lanes_ymm_0 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vpand ymm2, ymm0, ymm1
        vpandn ymm3, ymm0, ymm1
        vpor ymm4, ymm0, ymm1
        vpxor ymm5, ymm0, ymm1
        vandps ymm6, ymm0, ymm1
        vandnpd ymm7, ymm0, ymm1
#code32 c5fddbd1c5fddfd9c5fdebe1c5fdefe9c5fc54f1c5fd55f9
#out32 xmm2=0x18000000000008001808201020300 xmm3=0x80007fff7f00fe0100800201fefc7c01 xmm4=0xffffffff7fffff01ffff82fffffe7f05 xmm5=0xfffe7fff7fffff017ffe027dfefc7c05 xmm6=0x18000000000008001808201020300 xmm7=0x80007fff7f00fe0100800201fefc7c01 upper2=0x89abcdef0000000012340000 upper3=0x123456700000000fedcba986dcb0001 upper4=0x81234567fffffffffedcba997fff5679 upper5=0x8123456776543210fedcba996dcb5679 upper6=0x89abcdef0000000012340000 upper7=0x123456700000000fedcba986dcb0001
#code64 c5fddbd1c5fddfd9c5fdebe1c5fdefe9c5fc54f1c5fd55f9
#out64 xmm2=0x18000000000008001808201020300 xmm3=0x80007fff7f00fe0100800201fefc7c01 xmm4=0xffffffff7fffff01ffff82fffffe7f05 xmm5=0xfffe7fff7fffff017ffe027dfefc7c05 xmm6=0x18000000000008001808201020300 xmm7=0x80007fff7f00fe0100800201fefc7c01 upper2=0x89abcdef0000000012340000 upper3=0x123456700000000fedcba986dcb0001 upper4=0x81234567fffffffffedcba997fff5679 upper5=0x8123456776543210fedcba996dcb5679 upper6=0x89abcdef0000000012340000 upper7=0x123456700000000fedcba986dcb0001
#case lanes_ymm_1 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vorps ymm2, ymm0, ymm1
        vxorpd ymm3, ymm0, ymm1
        vpaddb ymm4, ymm0, ymm1
        vpaddw ymm5, ymm0, ymm1
        vpaddd ymm6, ymm0, ymm1
        vpaddq ymm7, ymm0, ymm1
#code32 c5fc56d1c5fd57d9c5fdfce1c5fdfde9c5fdfef1c5fdd4f9
#out32 xmm2=0xffffffff7fffff01ffff82fffffe7f05 xmm3=0xfffe7fff7fffff017ffe027dfefc7c05 xmm4=0xff007fff7fffff017f00028100008205 xmm5=0x7fff7fffff018000038101008205 xmm6=0x17fff7fffff018001038101008205 xmm7=0x17fff7fffff018001038201008205 upper2=0x81234567fffffffffedcba997fff5679 upper3=0x8123456776543210fedcba996dcb5679 upper4=0x8123456788aacceefedcba9991335679 upper5=0x8123456789aacdeefedcba9992335679 upper6=0x8123456789abcdeefedcba9992335679 upper7=0x8123456889abcdeefedcba9992335679
#code64 c5fc56d1c5fd57d9c5fdfce1c5fdfde9c5fdfef1c5fdd4f9
#out64 xmm2=0xffffffff7fffff01ffff82fffffe7f05 xmm3=0xfffe7fff7fffff017ffe027dfefc7c05 xmm4=0xff007fff7fffff017f00028100008205 xmm5=0x7fff7fffff018000038101008205 xmm6=0x17fff7fffff018001038101008205 xmm7=0x17fff7fffff018001038201008205 upper2=0x81234567fffffffffedcba997fff5679 upper3=0x8123456776543210fedcba996dcb5679 upper4=0x8123456788aacceefedcba9991335679 upper5=0x8123456789aacdeefedcba9992335679 upper6=0x8123456789abcdeefedcba9992335679 upper7=0x8123456889abcdeefedcba9992335679
#case lanes_ymm_2 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vpsubb ymm2, ymm0, ymm1
        vpsubw ymm3, ymm0, ymm1
        vpsubd ymm4, ymm0, ymm1
        vpsubq ymm5, ymm0, ymm1
        vpaddsb ymm6, ymm0, ymm1
        vpaddsw ymm7, ymm0, ymm1
#code32 c5fdf8d1c5fdf9d9c5fdfae1c5fdfbe9c5fdecf1c5fdedf9
#out32 xmm2=0xfffe810181ff03ff7ffefe7b02048403 xmm3=0xfffe800181ff02ff7efefe7b01048403 xmm4=0xfffd800181fe02ff7efdfe7b01038403 xmm5=0xfffd800081fe02ff7efdfe7a01038403 xmm6=0xff0080ff7fffff018000808100007f05 xmm7=0x80007fffff018000800001007fff upper2=0x7fddbb99765432100224466993355677 upper3=0x7eddba99765432100124456992355677 upper4=0x7edcba99765432100123456992355677 upper5=0x7edcba99765432100123456892355677 upper6=0x8123456788aacceefedcba997f335679 upper7=0x8123456789aacdeefedcba997fff5679
#code64 c5fdf8d1c5fdf9d9c5fdfae1c5fdfbe9c5fdecf1c5fdedf9
#out64 xmm2=0xfffe810181ff03ff7ffefe7b02048403 xmm3=0xfffe800181ff02ff7efefe7b01048403 xmm4=0xfffd800181fe02ff7efdfe7b01038403 xmm5=0xfffd800081fe02ff7efdfe7a01038403 xmm6=0xff0080ff7fffff018000808100007f05 xmm7=0x80007fffff018000800001007fff upper2=0x7fddbb99765432100224466993355677 upper3=0x7eddba99765432100124456992355677 upper4=0x7edcba99765432100123456992355677 upper5=0x7edcba99765432100123456892355677 upper6=0x8123456788aacceefedcba997f335679 upper7=0x8123456789aacdeefedcba997fff5679
#case lanes_ymm_3 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vpaddusb ymm2, ymm0, ymm1
        vpaddusw ymm3, ymm0, ymm1
        vpsubsb ymm4, ymm0, ymm1
        vpsubsw ymm5, ymm0, ymm1
        vpsubusb ymm6, ymm0, ymm1
        vpsubusw ymm7, ymm0, ymm1
#code32 c5fddcd1c5fdddd9c5fde8e1c5fde9e9c5fdd8f1c5fdd9f9
#out32 xmm2=0xffffffff7fffff01ffffffffffff8205 xmm3=0xffffffff7fffff01ffffffffffff8205 xmm4=0x7ffe810181ff03ff7f7ffe7b02048403 xmm5=0x7fff800181ff02ff7efefe7b01048403 xmm6=0xfe000000ff00007f00007b00000003 xmm7=0x7efe000000000000 upper2=0x81234567fffffffffedcba9991ff5679 upper3=0x81234567fffffffffedcba9992335679 upper4=0x80ddbb99765432100224466993355677 upper5=0x8000ba99765432100124456992355677 upper6=0x7f000000765432100000000000005677 upper7=0x7edd0000765432100000000000005677
#code64 c5fddcd1c5fdddd9c5fde8e1c5fde9e9c5fdd8f1c5fdd9f9
#out64 xmm2=0xffffffff7fffff01ffffffffffff8205 xmm3=0xffffffff7fffff01ffffffffffff8205 xmm4=0x7ffe810181ff03ff7f7ffe7b02048403 xmm5=0x7fff800181ff02ff7efefe7b01048403 xmm6=0xfe000000ff00007f00007b00000003 xmm7=0x7efe000000000000 upper2=0x81234567fffffffffedcba9991ff5679 upper3=0x81234567fffffffffedcba9992335679 upper4=0x80ddbb99765432100224466993355677 upper5=0x8000ba99765432100124456992355677 upper6=0x7f000000765432100000000000005677 upper7=0x7edd0000765432100000000000005677
#case lanes_ymm_4 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vpmullw ymm2, ymm0, ymm1
        vpmulld ymm3, ymm0, ymm1
        vpmulhw ymm4, ymm0, ymm1
        vpmulhuw ymm5, ymm0, ymm1
        vpmulhrsw ymm6, ymm0, ymm1
        vpmuludq ymm7, ymm0, ymm1
#code32 c5fdd5d1c4e27d40d9c5fde5e1c5fde4e9c4e27d0bf1c5fdf4f9
#out32 xmm2=0xffff8000810001003efffdfafdfcff04 xmm3=0x8000800003fd01007dbdfdfafa78ff04 xmm4=0xc0000000007efffe00403e41ffff017e xmm5=0x3fff7fff007e00fe804041c20101017e xmm6=0x8002000100fdfffc00807c84000002fe xmm7=0x7e827c03fd01000102017ffa78ff04 upper2=0x80000000765532110000ba98edcc5678 upper3=0x8000000076543211fedcba98bbbc5678 upper4=0xff6e0000000000000000ffff09190000 upper5=0x91000089aacdee0000000009190000 upper6=0xfedd0000000100000000ffff12340001 upper7=0x89abcdee76543211091a1907bbbc5678
#code64 c5fdd5d1c4e27d40d9c5fde5e1c5fde4e9c4e27d0bf1c5fdf4f9
#out64 xmm2=0xffff8000810001003efffdfafdfcff04 xmm3=0x8000800003fd01007dbdfdfafa78ff04 xmm4=0xc0000000007efffe00403e41ffff017e xmm5=0x3fff7fff007e00fe804041c20101017e xmm6=0x8002000100fdfffc00807c84000002fe xmm7=0x7e827c03fd01000102017ffa78ff04 upper2=0x80000000765532110000ba98edcc5678 upper3=0x8000000076543211fedcba98bbbc5678 upper4=0xff6e0000000000000000ffff09190000 upper5=0x91000089aacdee0000000009190000 upper6=0xfedd0000000100000000ffff12340001 upper7=0x89abcdee76543211091a1907bbbc5678
#case lanes_ymm_5 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vpmuldq ymm2, ymm0, ymm1
        vpmaddwd ymm3, ymm0, ymm1
        vpmaddubsw ymm4, ymm0, ymm1
        vpsadbw ymm5, ymm0, ymm1
        vpavgb ymm6, ymm0, ymm1
        vpavgw ymm7, ymm0, ymm1
#code32 c4e27d28d1c5fdf5d9c4e27d04e1c5fdf6e9c5fde0f1c5fde3f9
#out32 xmm2=0x7e827c03fd0100fffffe7bfa78ff04 xmm3=0xc0017fff007c82003e823cf9017efd00 xmm4=0xc17fff800000fffe80008000fffb0181 xmm5=0x4f90000000000000377 xmm6=0x8080c08040808001c08081c180804103 xmm7=0x8000c00040007f81c00081c180804103 upper2=0x76543211091a1907bbbc5678 upper3=0xff6e80000000a866ffffba98091a4444 upper4=0x8000008000bc440000ff9808ba0078 upper5=0x25a0000000000000530 upper6=0x41122334c4d5e6f77f6e5d4d499a2b3d upper7=0x409222b4c4d5e6f77f6e5d4d491a2b3d
#code64 c4e27d28d1c5fdf5d9c4e27d04e1c5fdf6e9c5fde0f1c5fde3f9
#out64 xmm2=0x7e827c03fd0100fffffe7bfa78ff04 xmm3=0xc0017fff007c82003e823cf9017efd00 xmm4=0xc17fff800000fffe80008000fffb0181 xmm5=0x4f90000000000000377 xmm6=0x8080c08040808001c08081c180804103 xmm7=0x8000c00040007f81c00081c180804103 upper2=0x76543211091a1907bbbc5678 upper3=0xff6e80000000a866ffffba98091a4444 upper4=0x8000008000bc440000ff9808ba0078 upper5=0x25a0000000000000530 upper6=0x41122334c4d5e6f77f6e5d4d499a2b3d upper7=0x409222b4c4d5e6f77f6e5d4d491a2b3d
#case lanes_ymm_6 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vpminub ymm2, ymm0, ymm1
        vpmaxub ymm3, ymm0, ymm1
        vpminsb ymm4, ymm0, ymm1
        vpmaxsb ymm5, ymm0, ymm1
        vpminuw ymm6, ymm0, ymm1
        vpmaxuw ymm7, ymm0, ymm1
#code32 c5fddad1c5fdded9c4e27d38e1c4e27d3ce9c4e27d3af1c4e27d3ef9
#out32 xmm2=0x7f01800000000100807f808301020301 xmm3=0x80ffffff7ffffe01ff8182fefffe7f04 xmm4=0x80ff80ff00fffe0080818083fffe0301 xmm5=0x7f01ff007f000101ff7f82fe01027f04 xmm6=0x7fff800000ff0100808180fe01020304 xmm7=0x8001ffff7f00fe01ff7f8283fffe7f01 upper2=0x100000089abcdef0000000112340001 upper3=0x80234567fffffffffedcba987fff5678 upper4=0x8000000089abcdeffedcba9812ff0001 upper5=0x1234567ffffffff000000017f345678 upper6=0x123000089abcdef0000000112340001 upper7=0x80004567fffffffffedcba987fff5678
#code64 c5fddad1c5fdded9c4e27d38e1c4e27d3ce9c4e27d3af1c4e27d3ef9
#out64 xmm2=0x7f01800000000100807f808301020301 xmm3=0x80ffffff7ffffe01ff8182fefffe7f04 xmm4=0x80ff80ff00fffe0080818083fffe0301 xmm5=0x7f01ff007f000101ff7f82fe01027f04 xmm6=0x7fff800000ff0100808180fe01020304 xmm7=0x8001ffff7f00fe01ff7f8283fffe7f01 upper2=0x100000089abcdef0000000112340001 upper3=0x80234567fffffffffedcba987fff5678 upper4=0x8000000089abcdeffedcba9812ff0001 upper5=0x1234567ffffffff000000017f345678 upper6=0x123000089abcdef0000000112340001 upper7=0x80004567fffffffffedcba987fff5678
#case lanes_ymm_7 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vpminsw ymm2, ymm0, ymm1
        vpmaxsw ymm3, ymm0, ymm1
        vpminud ymm4, ymm0, ymm1
        vpmaxud ymm5, ymm0, ymm1
        vpminsd ymm6, ymm0, ymm1
        vpmaxsd ymm7, ymm0, ymm1
#code32 c5fdead1c5fdeed9c4e27d3be1c4e27d3fe9c4e27d39f1c4e27d3df9
#out32 xmm2=0x8001800000fffe01808180fefffe0304 xmm3=0x7fffffff7f000100ff7f828301027f01 xmm4=0x7fff800000ff01008081828301020304 xmm5=0x8001ffff7f00fe01ff7f80fefffe7f01 xmm6=0x8001ffff00ff010080818283fffe7f01 xmm7=0x7fff80007f00fe01ff7f80fe01020304 upper2=0x8000000089abcdeffedcba9812340001 upper3=0x1234567ffffffff000000017fff5678 upper4=0x123456789abcdef0000000112345678 upper5=0x80000000fffffffffedcba987fff0001 upper6=0x8000000089abcdeffedcba9812345678 upper7=0x1234567ffffffff000000017fff0001
#code64 c5fdead1c5fdeed9c4e27d3be1c4e27d3fe9c4e27d39f1c4e27d3df9
#out64 xmm2=0x8001800000fffe01808180fefffe0304 xmm3=0x7fffffff7f000100ff7f828301027f01 xmm4=0x7fff800000ff01008081828301020304 xmm5=0x8001ffff7f00fe01ff7f80fefffe7f01 xmm6=0x8001ffff00ff010080818283fffe7f01 xmm7=0x7fff80007f00fe01ff7f80fe01020304 upper2=0x8000000089abcdeffedcba9812340001 upper3=0x1234567ffffffff000000017fff5678 upper4=0x123456789abcdef0000000112345678 upper5=0x80000000fffffffffedcba987fff0001 upper6=0x8000000089abcdeffedcba9812345678 upper7=0x1234567ffffffff000000017fff0001
#case lanes_ymm_8 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vpcmpeqb ymm2, ymm0, ymm1
        vpcmpeqw ymm3, ymm0, ymm1
        vpcmpeqd ymm4, ymm0, ymm1
        vpcmpeqq ymm5, ymm0, ymm1
        vpcmpgtb ymm6, ymm0, ymm1
        vpcmpgtw ymm7, ymm0, ymm1
#code32 c5fd74d1c5fd75d9c5fd76e1c4e27d29e9c5fd64f1c5fd65f9
#out32 xmm6=0xff0000ff0000ff00ffff00ffffff00ff xmm7=0xffff00000000ffffffff0000ffff0000 upper6=0xffffffffffffffff00ffffff upper7=0xffffffffffffffff0000ffff
#code64 c5fd74d1c5fd75d9c5fd76e1c4e27d29e9c5fd64f1c5fd65f9
#out64 xmm6=0xff0000ff0000ff00ffff00ffffff00ff xmm7=0xffff00000000ffffffff0000ffff0000 upper6=0xffffffffffffffff00ffffff upper7=0xffffffffffffffff0000ffff
#case lanes_ymm_9 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vpcmpgtd ymm2, ymm0, ymm1
        vpcmpgtq ymm3, ymm0, ymm1
        vpsignb ymm4, ymm0, ymm1
        vpsignw ymm5, ymm0, ymm1
        vpsignd ymm6, ymm0, ymm1
        vphaddw ymm7, ymm0, ymm1
#code32 c5fd66d1c4e27d37d9c4e27d08e1c4e27d09e9c4e27d0af1c4e27d01f9
#out32 xmm2=0xffffffff00000000ffffffffffffffff xmm3=0xffffffffffffffffffffffffffffffff xmm4=0x81ff80000000ff0001818002fffe0304 xmm5=0x8001800000ffff0000817f02fefe0304 xmm6=0x8000800000ff010000807f02fefdfcfc xmm7=0x80007d0103047effffff01ff807d0406 upper2=0xffffffffffffffff00000000 upper3=0xffffffffffffffff upper4=0x8000000001010101000000ff12cc0078 upper5=0x80000000000100010000ffff12345678 upper6=0x8000000000000001ffffffff12345678 upper7=0x468a579ab97480008000fffe000168ac
#code64 c5fd66d1c4e27d37d9c4e27d08e1c4e27d09e9c4e27d0af1c4e27d01f9
#out64 xmm2=0xffffffff00000000ffffffffffffffff xmm3=0xffffffffffffffffffffffffffffffff xmm4=0x81ff80000000ff0001818002fffe0304 xmm5=0x8001800000ffff0000817f02fefe0304 xmm6=0x8000800000ff010000807f02fefdfcfc xmm7=0x80007d0103047effffff01ff807d0406 upper2=0xffffffffffffffff00000000 upper3=0xffffffffffffffff upper4=0x8000000001010101000000ff12cc0078 upper5=0x80000000000100010000ffff12345678 upper6=0x8000000000000001ffffffff12345678 upper7=0x468a579ab97480008000fffe000168ac
#case lanes_ymm_10 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vphaddsw ymm2, ymm0, ymm1
        vphsubw ymm3, ymm0, ymm1
        vphsubsw ymm4, ymm0, ymm1
        vphaddd ymm5, ymm0, ymm1
        vphsubd ymm6, ymm0, ymm1
        vpacksswb ymm7, ymm0, ymm1
#code32 c4e27d03d1c4e27d05d9c4e27d07e1c4e27d02e9c4e27d06f1c5fd63f9
#out32 xmm2=0x80007d0180007effffff01ff807d0406 xmm3=0x7ffe7f0102027f0300010001817f0202 xmm4=0x7ffe800002027f0380000001817f0202 xmm5=0xff02fe008080018480fe810000818402 xmm6=0xfefefe027f7cfc7e80ff810001828206 xmm7=0x80ff7f808080fe7f7f807f7f80807f7f upper2=0x468a8000b9747fff8000fffe000168ac upper3=0x44444444bbbc80028000000000014444 upper4=0x44444444bbbc80027fff000000014444 upper5=0x8acf13567edbba997fffffff12345679 upper6=0x88888888812245697fffffff12345677 upper7=0x7f7f808080807f018000ffff00017f7f
#code64 c4e27d03d1c4e27d05d9c4e27d07e1c4e27d02e9c4e27d06f1c5fd63f9
#out64 xmm2=0x80007d0180007effffff01ff807d0406 xmm3=0x7ffe7f0102027f0300010001817f0202 xmm4=0x7ffe800002027f0380000001817f0202 xmm5=0xff02fe008080018480fe810000818402 xmm6=0xfefefe027f7cfc7e80ff810001828206 xmm7=0x80ff7f808080fe7f7f807f7f80807f7f upper2=0x468a8000b9747fff8000fffe000168ac upper3=0x44444444bbbc80028000000000014444 upper4=0x44444444bbbc80027fff000000014444 upper5=0x8acf13567edbba997fffffff12345679 upper6=0x88888888812245697fffffff12345677 upper7=0x7f7f808080807f018000ffff00017f7f
#case lanes_ymm_11 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vpackuswb ymm2, ymm0, ymm1
        vpackssdw ymm3, ymm0, ymm1
        vpackusdw ymm4, ymm0, ymm1
        vpunpcklbw ymm5, ymm0, ymm1
        vpunpcklwd ymm6, ymm0, ymm1
        vpunpckldq ymm7, ymm0, ymm1
#code32 c5fd67d1c5fd6bd9c4e27d2be1c5fd60e9c5fd61f1c5fd62f9
#out32 xmm2=0xff00000000ffff00ffff0000ffff xmm3=0x80007fff800080007fff7fff80007fff xmm4=0xffff00000000ffffffff0000ffff xmm5=0x80ff817f828083feff01fe027f030104 xmm6=0x8081ff7f828380fefffe01027f010304 xmm7=0x80818283ff7f80fefffe7f0101020304 upper2=0xffff00000000ff01000000000001ffff upper3=0x7fff800080007fff8000ffff00017fff upper4=0xffff00000000ffff000000000001ffff upper5=0xfe00dc00ba0098017f12ff3400560178 upper6=0xfedc0000ba9800017fff123400015678 upper7=0xfedcba98000000017fff000112345678
#code64 c5fd67d1c5fd6bd9c4e27d2be1c5fd60e9c5fd61f1c5fd62f9
#out64 xmm2=0xff00000000ffff00ffff0000ffff xmm3=0x80007fff800080007fff7fff80007fff xmm4=0xffff00000000ffffffff0000ffff xmm5=0x80ff817f828083feff01fe027f030104 xmm6=0x8081ff7f828380fefffe01027f010304 xmm7=0x80818283ff7f80fefffe7f0101020304 upper2=0xffff00000000ff01000000000001ffff upper3=0x7fff800080007fff8000ffff00017fff upper4=0xffff00000000ffff000000000001ffff upper5=0xfe00dc00ba0098017f12ff3400560178 upper6=0xfedc0000ba9800017fff123400015678 upper7=0xfedcba98000000017fff000112345678
#case lanes_ymm_12 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vpunpcklqdq ymm2, ymm0, ymm1
        vpunpckhbw ymm3, ymm0, ymm1
        vpunpckhwd ymm4, ymm0, ymm1
        vpunpckhdq ymm5, ymm0, ymm1
        vpunpckhqdq ymm6, ymm0, ymm1
        vunpcklps ymm7, ymm0, ymm1
#code32 c5fd6cd1c5fd68d9c5fd69e1c5fd6ae9c5fd6df1c5fc14f9
#out32 xmm2=0x80818283fffe7f01ff7f80fe01020304 xmm3=0x807f01ffff80ff007f0000fffe010100 xmm4=0x80017fffffff80007f0000fffe010100 xmm5=0x8001ffff7fff80007f00fe0100ff0100 xmm6=0x8001ffff7f00fe017fff800000ff0100 xmm7=0x80818283ff7f80fefffe7f0101020304 upper2=0xfedcba987fff00010000000112345678 upper3=0x18023004500670089ffabffcdffefff upper4=0x12380004567000089abffffcdefffff upper5=0x12345678000000089abcdefffffffff upper6=0x123456789abcdef80000000ffffffff upper7=0xfedcba98000000017fff000112345678
#code64 c5fd6cd1c5fd68d9c5fd69e1c5fd6ae9c5fd6df1c5fc14f9
#out64 xmm2=0x80818283fffe7f01ff7f80fe01020304 xmm3=0x807f01ffff80ff007f0000fffe010100 xmm4=0x80017fffffff80007f0000fffe010100 xmm5=0x8001ffff7fff80007f00fe0100ff0100 xmm6=0x8001ffff7f00fe017fff800000ff0100 xmm7=0x80818283ff7f80fefffe7f0101020304 upper2=0xfedcba987fff00010000000112345678 upper3=0x18023004500670089ffabffcdffefff upper4=0x12380004567000089abffffcdefffff upper5=0x12345678000000089abcdefffffffff upper6=0x123456789abcdef80000000ffffffff upper7=0xfedcba98000000017fff000112345678
#case lanes_ymm_13 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vunpckhps ymm2, ymm0, ymm1
        vunpcklpd ymm3, ymm0, ymm1
        vunpckhpd ymm4, ymm0, ymm1
        vpshufb ymm5, ymm0, ymm1
        vpsllvd ymm6, ymm0, ymm1
        vpsllvq ymm7, ymm0, ymm1
#code32 c5fc15d1c5fd14d9c5fd15e1c4e27d00e9c4e27d47f1c4e2fd47f9
#out32 xmm2=0x8001ffff7fff80007f00fe0100ff0100 xmm3=0x80818283fffe7f01ff7f80fe01020304 xmm4=0x8001ffff7f00fe017fff800000ff0100 xmm5=0x300007f0400030000000000007f03 upper2=0x12345678000000089abcdefffffffff upper3=0xfedcba987fff00010000000112345678 upper4=0x123456789abcdef80000000ffffffff upper5=0x56120000000000000000000080007856
#code64 c5fc15d1c5fd14d9c5fd15e1c4e27d00e9c4e27d47f1c4e2fd47f9
#out64 xmm2=0x8001ffff7fff80007f00fe0100ff0100 xmm3=0x80818283fffe7f01ff7f80fe01020304 xmm4=0x8001ffff7f00fe017fff800000ff0100 xmm5=0x300007f0400030000000000007f03 upper2=0x12345678000000089abcdefffffffff upper3=0xfedcba987fff00010000000112345678 upper4=0x123456789abcdef80000000ffffffff upper5=0x56120000000000000000000080007856
#case lanes_ymm_14 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vpsrlvd ymm2, ymm0, ymm1
        vpsrlvq ymm3, ymm0, ymm1
        vpsravd ymm4, ymm0, ymm1
        vpalignr ymm5, ymm0, ymm1, 0x5
        vpblendw ymm6, ymm0, ymm1, 0x5a
        vblendps ymm7, ymm0, ymm1, 0x9c
#code32 c4e27d45d1c4e2fd45d9c4e27d46e1c4e37d0fe905c4e37d0ef15ac4e37d0cf99c
#out32 xmm4=0xffffffff00000000 xmm5=0xfe010203048001ffff7f00fe01808182 xmm6=0x7fffffff00fffe01808180fefffe0304 xmm7=0x8001ffff7f00fe01ff7f80fe01020304 upper4=0xffffffffffffffff0000000000000000 upper5=0x1123456780123456789abcdeffedcba upper6=0x80004567ffffcdeffedc00017fff5678 upper7=0x1234567ffffffff000000017fff0001
#code64 c4e27d45d1c4e2fd45d9c4e27d46e1c4e37d0fe905c4e37d0ef15ac4e37d0cf99c
#out64 xmm4=0xffffffff00000000 xmm5=0xfe010203048001ffff7f00fe01808182 xmm6=0x7fffffff00fffe01808180fefffe0304 xmm7=0x8001ffff7f00fe01ff7f80fe01020304 upper4=0xffffffffffffffff0000000000000000 upper5=0x1123456780123456789abcdeffedcba upper6=0x80004567ffffcdeffedc00017fff5678 upper7=0x1234567ffffffff000000017fff0001
#case lanes_ymm_15 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vblendpd ymm2, ymm0, ymm1, 0x6
        vpblendd ymm3, ymm0, ymm1, 0x39
        vshufps ymm4, ymm0, ymm1, 0x1b
        vshufpd ymm5, ymm0, ymm1, 0x9
        vmpsadbw ymm6, ymm0, ymm1, 0x2e
        vpabsb ymm7, ymm1
#code32 c4e37d0dd106c4e37d02d939c5fcc6e11bc5fdc6e909c4e37d42f12ec4e27d1cf9
#out32 xmm2=0x8001ffff7f00fe01ff7f80fe01020304 xmm3=0x8001ffff00ff0100ff7f80fefffe7f01 xmm4=0xfffe7f018081828300ff01007fff8000 xmm5=0x80818283fffe7f017fff800000ff0100 xmm6=0x1ff01fd0080027c027d00fd027c027a xmm7=0x800101017f000201807f7e7d01027f01 upper2=0x80000000fffffffffedcba987fff0001 upper3=0x80000000fffffffffedcba987fff0001 upper4=0x7fff0001fedcba98ffffffff80000000 upper5=0x123456789abcdef0000000112345678 upper6=0x2fb028601cd00d001010176022f032b upper7=0x123456777553311022446687f010001
#code64 c4e37d0dd106c4e37d02d939c5fcc6e11bc5fdc6e909c4e37d42f12ec4e27d1cf9
#out64 xmm2=0x8001ffff7f00fe01ff7f80fe01020304 xmm3=0x8001ffff00ff0100ff7f80fefffe7f01 xmm4=0xfffe7f018081828300ff01007fff8000 xmm5=0x80818283fffe7f017fff800000ff0100 xmm6=0x1ff01fd0080027c027d00fd027c027a xmm7=0x800101017f000201807f7e7d01027f01 upper2=0x80000000fffffffffedcba987fff0001 upper3=0x80000000fffffffffedcba987fff0001 upper4=0x7fff0001fedcba98ffffffff80000000 upper5=0x123456789abcdef0000000112345678 upper6=0x2fb028601cd00d001010176022f032b upper7=0x123456777553311022446687f010001
#case lanes_ymm_16 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vpabsw ymm2, ymm1
        vpabsd ymm3, ymm1
        vmovddup ymm4, ymm1
        vmovshdup ymm5, ymm1
        vmovsldup ymm6, ymm1
        vpshufd ymm7, ymm1, 0x39
#code32 c4e27d1dd1c4e27d1ed9c5ff12e1c5fe16e9c5fe12f1c5fd70f939
#out32 xmm2=0x7fff00017f0001ff7f7f7d7d00027f01 xmm3=0x7ffe00017f00fe017f7e7d7d000180ff xmm4=0x80818283fffe7f0180818283fffe7f01 xmm5=0x8001ffff8001ffff8081828380818283 xmm6=0x7f00fe017f00fe01fffe7f01fffe7f01 xmm7=0xfffe7f018001ffff7f00fe0180818283 upper2=0x123456776553211012445687fff0001 upper3=0x123456776543211012345687fff0001 upper4=0xfedcba987fff0001fedcba987fff0001 upper5=0x123456701234567fedcba98fedcba98 upper6=0x89abcdef89abcdef7fff00017fff0001 upper7=0x7fff00010123456789abcdeffedcba98
#code64 c4e27d1dd1c4e27d1ed9c5ff12e1c5fe16e9c5fe12f1c5fd70f939
#out64 xmm2=0x7fff00017f0001ff7f7f7d7d00027f01 xmm3=0x7ffe00017f00fe017f7e7d7d000180ff xmm4=0x80818283fffe7f0180818283fffe7f01 xmm5=0x8001ffff8001ffff8081828380818283 xmm6=0x7f00fe017f00fe01fffe7f01fffe7f01 xmm7=0xfffe7f018001ffff7f00fe0180818283 upper2=0x123456776553211012445687fff0001 upper3=0x123456776543211012345687fff0001 upper4=0xfedcba987fff0001fedcba987fff0001 upper5=0x123456701234567fedcba98fedcba98 upper6=0x89abcdef89abcdef7fff00017fff0001 upper7=0x7fff00010123456789abcdeffedcba98
#case lanes_ymm_17 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe01020304 upper0=0x80000000ffffffff0000000112345678 xmm1=0x8001ffff7f00fe0180818283fffe7f01 upper1=0x0123456789abcdeffedcba987fff0001
        vpshuflw ymm2, ymm1, 0x1b
        vpshufhw ymm3, ymm1, 0xb1
#code32 c5ff70d11bc5fe70d9b1
#out32 xmm2=0x8001ffff7f00fe017f01fffe82838081 xmm3=0xffff8001fe017f0080818283fffe7f01 upper2=0x123456789abcdef00017fffba98fedc upper3=0x45670123cdef89abfedcba987fff0001
#code64 c5ff70d11bc5fe70d9b1
#out64 xmm2=0x8001ffff7f00fe017f01fffe82838081 xmm3=0xffff8001fe017f0080818283fffe7f01 upper2=0x123456789abcdef00017fffba98fedc upper3=0x45670123cdef89abfedcba987fff0001
#case shift_xmm_0 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe81020304 upper0=0x80000000ffffffff0000000192345678 xmm1=3|0x1f|0x20|0x100000000 upper1=0x77
        vpsllw xmm2, xmm0, xmm1
        vpslld xmm3, xmm0, xmm1
        vpsllq xmm4, xmm0, xmm1
        vpsrlw xmm5, xmm0, xmm1
        vpsllw xmm1, xmm0, xmm1
#code32 c5f9f1d1c5f9f2d9c5f9f3e1c5f9d1e9c5f9f1c9
#out32 xmm1=0xfff8000007f80800fbf807f008101820 xmm2=0xfff8000007f80800fbf807f008101820 xmm3=0xfffc000007f80800fbfc07f008101820 xmm4=0xfffc000007f80800fbfc07f408101820 xmm5=0xfff1000001f00201fef101f10200060 upper1=0x0
#out32 xmm1=0x0 xmm4=0x7f8080000000004081018200000000 upper1=0x0
#out32 xmm1=0x0 xmm4=0xff0100000000008102030400000000 upper1=0x0
#out32 xmm1=0x0 upper1=0x0
#code64 c5f9f1d1c5f9f2d9c5f9f3e1c5f9d1e9c5f9f1c9
#out64 xmm1=0xfff8000007f80800fbf807f008101820 xmm2=0xfff8000007f80800fbf807f008101820 xmm3=0xfffc000007f80800fbfc07f008101820 xmm4=0xfffc000007f80800fbfc07f408101820 xmm5=0xfff1000001f00201fef101f10200060 upper1=0x0
#out64 xmm1=0x0 xmm4=0x7f8080000000004081018200000000 upper1=0x0
#out64 xmm1=0x0 xmm4=0xff0100000000008102030400000000 upper1=0x0
#out64 xmm1=0x0 upper1=0x0
#case shift_xmm_1 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe81020304 upper0=0x80000000ffffffff0000000192345678 xmm1=3|0x1f|0x20|0x100000000 upper1=0x77
        vpsrld xmm2, xmm0, xmm1
        vpsrlq xmm3, xmm0, xmm1
        vpsraw xmm4, xmm0, xmm1
        vpsrad xmm5, xmm0, xmm1
        vpsrld xmm1, xmm0, xmm1
#code32 c5f9d2d1c5f9d3d9c5f9e1e1c5f9e2e9c5f9d2c9
#out32 xmm1=0xffff000001fe0201feff01f10204060 xmm2=0xffff000001fe0201feff01f10204060 xmm3=0xffff000001fe0201feff01fd0204060 xmm4=0xffff000001f0020ffeff01ff0200060 xmm5=0xffff000001fe020ffeff01ff0204060 upper1=0x0
#out32 xmm1=0x100000001 xmm2=0x100000001 xmm3=0xffff000000000001feff01fd xmm4=0xffff00000000ffffffffffff0000 xmm5=0xffffffffffffffff upper1=0x0
#out32 xmm1=0x0 xmm3=0x7fff800000000000ff7f80fe xmm4=0xffff00000000ffffffffffff0000 xmm5=0xffffffffffffffff upper1=0x0
#out32 xmm1=0x0 xmm4=0xffff00000000ffffffffffff0000 xmm5=0xffffffffffffffff upper1=0x0
#code64 c5f9d2d1c5f9d3d9c5f9e1e1c5f9e2e9c5f9d2c9
#out64 xmm1=0xffff000001fe0201feff01f10204060 xmm2=0xffff000001fe0201feff01f10204060 xmm3=0xffff000001fe0201feff01fd0204060 xmm4=0xffff000001f0020ffeff01ff0200060 xmm5=0xffff000001fe020ffeff01ff0204060 upper1=0x0
#out64 xmm1=0x100000001 xmm2=0x100000001 xmm3=0xffff000000000001feff01fd xmm4=0xffff00000000ffffffffffff0000 xmm5=0xffffffffffffffff upper1=0x0
#out64 xmm1=0x0 xmm3=0x7fff800000000000ff7f80fe xmm4=0xffff00000000ffffffffffff0000 xmm5=0xffffffffffffffff upper1=0x0
#out64 xmm1=0x0 xmm4=0xffff00000000ffffffffffff0000 xmm5=0xffffffffffffffff upper1=0x0
#case shift_immediate_xmm 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe81020304 upper0=0x80000000ffffffff0000000192345678
        vpsllw xmm1, xmm0, 3
        vpsrld xmm2, xmm0, 31
        vpsraw xmm3, xmm0, 200
        vpsllq xmm4, xmm0, 64
        vpslldq xmm5, xmm0, 5
        vpsrldq xmm6, xmm0, 3
        vpsrad xmm7, xmm0, 7
#code32 c5f171f003c5e972d01fc5e171e0c8c5d973f040c5d173f805c5c973d803c5c172e007
#out32 xmm1=0xfff8000007f80800fbf807f008101820 xmm2=0x100000001 xmm3=0xffff00000000ffffffffffff0000 xmm5=0xff0100ff7f80fe810203040000000000 xmm6=0x7fff800000ff0100ff7f80fe81 xmm7=0xffff000001fe02fffeff01ff020406
#code64 c5f171f003c5e972d01fc5e171e0c8c5d973f040c5d173f805c5c973d803c5c172e007
#out64 xmm1=0xfff8000007f80800fbf807f008101820 xmm2=0x100000001 xmm3=0xffff00000000ffffffffffff0000 xmm5=0xff0100ff7f80fe810203040000000000 xmm6=0x7fff800000ff0100ff7f80fe81 xmm7=0xffff000001fe02fffeff01ff020406
#case shift_ymm_0 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe81020304 upper0=0x80000000ffffffff0000000192345678 xmm1=3|0x1f|0x20|0x100000000 upper1=0x77
        vpsllw ymm2, ymm0, xmm1
        vpslld ymm3, ymm0, xmm1
        vpsllq ymm4, ymm0, xmm1
        vpsrlw ymm5, ymm0, xmm1
        vpsllw ymm1, ymm0, xmm1
#code32 c5fdf1d1c5fdf2d9c5fdf3e1c5fdd1e9c5fdf1c9
#out32 xmm1=0xfff8000007f80800fbf807f008101820 xmm2=0xfff8000007f80800fbf807f008101820 xmm3=0xfffc000007f80800fbfc07f008101820 xmm4=0xfffc000007f80800fbfc07f408101820 xmm5=0xfff1000001f00201fef101f10200060 upper1=0xfff8fff80000000891a0b3c0 upper2=0xfff8fff80000000891a0b3c0 upper3=0xfffffff80000000891a2b3c0 upper4=0x7fffffff80000000c91a2b3c0 upper5=0x100000001fff1fff0000000012460acf
#out32 xmm1=0x0 xmm4=0x7f8080000000004081018200000000 upper1=0x0 upper3=0x800000008000000000000000 upper4=0x7fffffff80000000c91a2b3c00000000
#out32 xmm1=0x0 xmm4=0xff0100000000008102030400000000 upper1=0x0 upper4=0xffffffff000000009234567800000000
#out32 xmm1=0x0 upper1=0x0
#code64 c5fdf1d1c5fdf2d9c5fdf3e1c5fdd1e9c5fdf1c9
#out64 xmm1=0xfff8000007f80800fbf807f008101820 xmm2=0xfff8000007f80800fbf807f008101820 xmm3=0xfffc000007f80800fbfc07f008101820 xmm4=0xfffc000007f80800fbfc07f408101820 xmm5=0xfff1000001f00201fef101f10200060 upper1=0xfff8fff80000000891a0b3c0 upper2=0xfff8fff80000000891a0b3c0 upper3=0xfffffff80000000891a2b3c0 upper4=0x7fffffff80000000c91a2b3c0 upper5=0x100000001fff1fff0000000012460acf
#out64 xmm1=0x0 xmm4=0x7f8080000000004081018200000000 upper1=0x0 upper3=0x800000008000000000000000 upper4=0x7fffffff80000000c91a2b3c00000000
#out64 xmm1=0x0 xmm4=0xff0100000000008102030400000000 upper1=0x0 upper4=0xffffffff000000009234567800000000
#out64 xmm1=0x0 upper1=0x0
#case shift_ymm_1 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe81020304 upper0=0x80000000ffffffff0000000192345678 xmm1=3|0x1f|0x20|0x100000000 upper1=0x77
        vpsrld ymm2, ymm0, xmm1
        vpsrlq ymm3, ymm0, xmm1
        vpsraw ymm4, ymm0, xmm1
        vpsrad ymm5, ymm0, xmm1
        vpsrld ymm1, ymm0, xmm1
#code32 c5fdd2d1c5fdd3d9c5fde1e1c5fde2e9c5fdd2c9
#out32 xmm1=0xffff000001fe0201feff01f10204060 xmm2=0xffff000001fe0201feff01f10204060 xmm3=0xffff000001fe0201feff01fd0204060 xmm4=0xffff000001f0020ffeff01ff0200060 xmm5=0xffff000001fe020ffeff01ff0204060 upper1=0x100000001fffffff0000000012468acf upper2=0x100000001fffffff0000000012468acf upper3=0x100000001fffffff0000000032468acf upper4=0xf0000000ffffffff00000000f2460acf upper5=0xf0000000ffffffff00000000f2468acf
#out32 xmm1=0x100000001 xmm2=0x100000001 xmm3=0xffff000000000001feff01fd xmm4=0xffff00000000ffffffffffff0000 xmm5=0xffffffffffffffff upper1=0x1000000010000000000000001 upper2=0x1000000010000000000000001 upper3=0x1000000010000000000000003 upper4=0xffff0000ffffffff00000000ffff0000 upper5=0xffffffffffffffff00000000ffffffff
#out32 xmm1=0x0 xmm3=0x7fff800000000000ff7f80fe xmm4=0xffff00000000ffffffffffff0000 xmm5=0xffffffffffffffff upper1=0x0 upper3=0x800000000000000000000001 upper4=0xffff0000ffffffff00000000ffff0000 upper5=0xffffffffffffffff00000000ffffffff
#out32 xmm1=0x0 xmm4=0xffff00000000ffffffffffff0000 xmm5=0xffffffffffffffff upper1=0x0 upper4=0xffff0000ffffffff00000000ffff0000 upper5=0xffffffffffffffff00000000ffffffff
#code64 c5fdd2d1c5fdd3d9c5fde1e1c5fde2e9c5fdd2c9
#out64 xmm1=0xffff000001fe0201feff01f10204060 xmm2=0xffff000001fe0201feff01f10204060 xmm3=0xffff000001fe0201feff01fd0204060 xmm4=0xffff000001f0020ffeff01ff0200060 xmm5=0xffff000001fe020ffeff01ff0204060 upper1=0x100000001fffffff0000000012468acf upper2=0x100000001fffffff0000000012468acf upper3=0x100000001fffffff0000000032468acf upper4=0xf0000000ffffffff00000000f2460acf upper5=0xf0000000ffffffff00000000f2468acf
#out64 xmm1=0x100000001 xmm2=0x100000001 xmm3=0xffff000000000001feff01fd xmm4=0xffff00000000ffffffffffff0000 xmm5=0xffffffffffffffff upper1=0x1000000010000000000000001 upper2=0x1000000010000000000000001 upper3=0x1000000010000000000000003 upper4=0xffff0000ffffffff00000000ffff0000 upper5=0xffffffffffffffff00000000ffffffff
#out64 xmm1=0x0 xmm3=0x7fff800000000000ff7f80fe xmm4=0xffff00000000ffffffffffff0000 xmm5=0xffffffffffffffff upper1=0x0 upper3=0x800000000000000000000001 upper4=0xffff0000ffffffff00000000ffff0000 upper5=0xffffffffffffffff00000000ffffffff
#out64 xmm1=0x0 xmm4=0xffff00000000ffffffffffff0000 xmm5=0xffffffffffffffff upper1=0x0 upper4=0xffff0000ffffffff00000000ffff0000 upper5=0xffffffffffffffff00000000ffffffff
#case shift_immediate_ymm 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe81020304 upper0=0x80000000ffffffff0000000192345678
        vpsllw ymm1, ymm0, 3
        vpsrld ymm2, ymm0, 31
        vpsraw ymm3, ymm0, 200
        vpsllq ymm4, ymm0, 64
        vpslldq ymm5, ymm0, 5
        vpsrldq ymm6, ymm0, 3
        vpsrad ymm7, ymm0, 7
#code32 c5f571f003c5ed72d01fc5e571e0c8c5dd73f040c5d573f805c5cd73d803c5c572e007
#out32 xmm1=0xfff8000007f80800fbf807f008101820 xmm2=0x100000001 xmm3=0xffff00000000ffffffffffff0000 xmm5=0xff0100ff7f80fe810203040000000000 xmm6=0x7fff800000ff0100ff7f80fe81 xmm7=0xffff000001fe02fffeff01ff020406 upper1=0xfff8fff80000000891a0b3c0 upper2=0x1000000010000000000000001 upper3=0xffff0000ffffffff00000000ffff0000 upper5=0xffffff00000001923456780000000000 upper6=0x80000000ffffffff0000000192 upper7=0xff000000ffffffff00000000ff2468ac
#code64 c5f571f003c5ed72d01fc5e571e0c8c5dd73f040c5d573f805c5cd73d803c5c572e007
#out64 xmm1=0xfff8000007f80800fbf807f008101820 xmm2=0x100000001 xmm3=0xffff00000000ffffffffffff0000 xmm5=0xff0100ff7f80fe810203040000000000 xmm6=0x7fff800000ff0100ff7f80fe81 xmm7=0xffff000001fe02fffeff01ff020406 upper1=0xfff8fff80000000891a0b3c0 upper2=0x1000000010000000000000001 upper3=0xffff0000ffffffff00000000ffff0000 upper5=0xffffff00000001923456780000000000 upper6=0x80000000ffffffff0000000192 upper7=0xff000000ffffffff00000000ff2468ac
#case insertps_clears 32 64
#in xmm0=0x11111111222222223333333344444444 xmm1=0x55555555666666667777777788888888 upper2=1 edi=data [data]=aabbccdd
        vinsertps xmm2, xmm0, xmm1, 0xd8
        vinsertps xmm3, xmm0, dword ptr [edi], 0xd1
#code32 c4e37921d1d8c4e379211fd1
#out32 xmm2=0x222222225555555544444444 xmm3=0x1111111122222222ddccbbaa00000000 upper2=0x0
#code64 c4e37921d1d867c4e379211fd1
#out64 xmm2=0x222222225555555544444444 xmm3=0x1111111122222222ddccbbaa00000000 upper2=0x0
#case count_in_memory 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe81020304 upper0=0x80000000ffffffff0000000192345678 edi=data [data+1]=0400000000000000ffff
        vpsllw ymm1, ymm0, xmmword ptr [edi+1]
        vpsravd ymm2, ymm0, ymmword ptr [edi+1]
        vpaddb ymm3, ymm0, ymmword ptr [edi+3]
#code32 c5fdf14f01c4e27d465701c5fdfc5f03
#out32 xmm1=0xfff000000ff01000f7f00fe010203040 xmm2=0x7fff800000000000ff7f80fef8102030 xmm3=0x7fff800000ff0100fe7e80fe81020304 upper1=0xfff0fff00000001023406780 upper2=0x80000000ffffffff0000000192345678 upper3=0x80000000ffffffff0000000192345678
#code64 67c5fdf14f0167c4e27d46570167c5fdfc5f03
#out64 xmm1=0xfff000000ff01000f7f00fe010203040 xmm2=0x7fff800000000000ff7f80fef8102030 xmm3=0x7fff800000ff0100fe7e80fe81020304 upper1=0xfff0fff00000001023406780 upper2=0x80000000ffffffff0000000192345678 upper3=0x80000000ffffffff0000000192345678
#case wide_memory_over_a_window 32 64
#in edi=data+0x1fe8|data+0x1ff8
        vpaddb ymm0, ymm1, ymmword ptr [edi]
#code32 c5f5fc07
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#code64 67c5f5fc07
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#case aes_and_carry_less 32 64
#in xmm0=0x7b5b54657374566563746f725d53475d xmm1=0x48692853686179295b477565726f6e5d upper2=1 upper3=1 upper4=1 edi=data+1
        vaesenc xmm2, xmm0, xmm1
        vaesdeclast xmm3, xmm0, xmm1
        vpclmulqdq xmm4, xmm0, xmm1, 0x11
        vaesimc xmm5, xmm1
        vaeskeygenassist xmm6, xmm1, 0x1b
        vaesenc xmm7, xmm0, [edi]
#code32 c4e279dcd1c4e279dfd9c4e37944e111c4e279dbe9c4e379dff11bc4e279dc3f
#out32 xmm2=0xa8311c2f9fdba3c58b104b58ded7e595 xmm3=0xc5a391ef6b317f95d410637b72a593d0 xmm4=0x1d1e1f2c592e7c45d66ee03e410fd4ed xmm5=0x597f8df109efaa15f39bc5a119d859b6 xmm6=0xed52f92f52f934ed4d39a08639a09d4d xmm7=0xe058347cf7badaecd0573e3dacb88bc8 upper2=0x0 upper3=0x0 upper4=0x0
#code64 c4e279dcd1c4e279dfd9c4e37944e111c4e279dbe9c4e379dff11b67c4e279dc3f
#out64 xmm2=0xa8311c2f9fdba3c58b104b58ded7e595 xmm3=0xc5a391ef6b317f95d410637b72a593d0 xmm4=0x1d1e1f2c592e7c45d66ee03e410fd4ed xmm5=0x597f8df109efaa15f39bc5a119d859b6 xmm6=0xed52f92f52f934ed4d39a08639a09d4d xmm7=0xe058347cf7badaecd0573e3dacb88bc8 upper2=0x0 upper3=0x0 upper4=0x0
#case horizontal_minimum 32 64
#in xmm0=0x7fff800000ff0100ff7f80fe81020304 upper1=5
        vphminposuw xmm1, xmm0
#code32 c4e27941c8
#out32 xmm1=0x500ff upper1=0x0
#code64 c4e27941c8
#out64 xmm1=0x500ff upper1=0x0
#case string_compares_clear_above 32 64
#in xmm0=0x00006f6c6c6548006f6c6c65486f6c6c upper0=7 xmm1=0x0000000000000000000000006c6c6548 eax=5 edx=4
        vpcmpistri xmm0, xmm1, 0x0c
        mov esi, ecx
        vpcmpistrm xmm0, xmm1, 0x40
        vmovdqa xmm2, xmm0
        vpcmpestri xmm2, xmm1, 0x18
        vpcmpestrm xmm2, xmm1, 0x01
#code32 c4e37963c10c89cec4e37962c140c5f96fd0c4e37961d118c4e37960d101
#out32 esi=0x10 flags=cf+zf+sf xmm0=0xc xmm2=0xffffffff upper0=0x0
#code64 c4e37963c10c89cec4e37962c140c5f96fd0c4e37961d118c4e37960d101
#out64 rsi=0x10 flags=cf+zf+sf xmm0=0xc xmm2=0xffffffff upper0=0x0
