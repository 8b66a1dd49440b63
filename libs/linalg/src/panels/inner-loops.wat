;; Inner loops at two float64 numbers an instruction, which JavaScript cannot express.
;; Products and sums are rounded apart (no fused multiply-add), so every machine gives the same bits.
(module
  ;; 1.5 MiB: a block of each operand and of the result, see multiply.ts.
  (memory (export "memory") 24)

  ;; c += a b for operands packed into panels of four.
  ;;   a: for each panel of 4 rows, for each of $terms steps, the 4 entries side by side; $rows panels
  ;;   b: the same for panels of 4 columns; $cols panels
  ;;   c: column-major, 4 * $rows entries a column
  ;; Of column panel j only the first min($rows, $first + j) row panels are computed: an upper triangle, or all of it.
  (func (export "multiplyPanels")
    (param $a i32) (param $b i32) (param $c i32) (param $terms i32) (param $rows i32) (param $cols i32) (param $first i32)
    (local $i i32) (local $j i32) (local $limit i32) (local $at i32) (local $bt i32) (local $ct i32)
    (local $end i32) (local $column i32) (local $panel i32)
    (local $x v128) (local $y v128) (local $w v128)
    (local $x0 v128) (local $x1 v128) (local $x2 v128) (local $x3 v128)
    (local $y0 v128) (local $y1 v128) (local $y2 v128) (local $y3 v128)
    (local.set $column (i32.shl (local.get $rows) (i32.const 5)))
    (local.set $panel (i32.shl (local.get $terms) (i32.const 5)))
    (loop $columns
      (local.set $limit (i32.add (local.get $first) (local.get $j)))
      (if (i32.gt_s (local.get $limit) (local.get $rows)) (then (local.set $limit (local.get $rows))))
      (if (i32.gt_s (local.get $limit) (i32.const 0)) (then
        (local.set $i (i32.const 0))
        (local.set $at (local.get $a))
        (local.set $ct (local.get $c))
        (loop $tiles
          ;; x0 ... x3: rows 0 and 1 of the tile's four columns; y0 ... y3: rows 2 and 3.
          (local.set $x0 (v128.const f64x2 0 0)) (local.set $y0 (v128.const f64x2 0 0))
          (local.set $x1 (v128.const f64x2 0 0)) (local.set $y1 (v128.const f64x2 0 0))
          (local.set $x2 (v128.const f64x2 0 0)) (local.set $y2 (v128.const f64x2 0 0))
          (local.set $x3 (v128.const f64x2 0 0)) (local.set $y3 (v128.const f64x2 0 0))
          (local.set $bt (local.get $b))
          (local.set $end (i32.add (local.get $at) (local.get $panel)))
          (loop $steps
            (local.set $x (v128.load (local.get $at)))
            (local.set $y (v128.load offset=16 (local.get $at)))
            (local.set $w (v128.load64_splat (local.get $bt)))
            (local.set $x0 (f64x2.add (local.get $x0) (f64x2.mul (local.get $x) (local.get $w))))
            (local.set $y0 (f64x2.add (local.get $y0) (f64x2.mul (local.get $y) (local.get $w))))
            (local.set $w (v128.load64_splat offset=8 (local.get $bt)))
            (local.set $x1 (f64x2.add (local.get $x1) (f64x2.mul (local.get $x) (local.get $w))))
            (local.set $y1 (f64x2.add (local.get $y1) (f64x2.mul (local.get $y) (local.get $w))))
            (local.set $w (v128.load64_splat offset=16 (local.get $bt)))
            (local.set $x2 (f64x2.add (local.get $x2) (f64x2.mul (local.get $x) (local.get $w))))
            (local.set $y2 (f64x2.add (local.get $y2) (f64x2.mul (local.get $y) (local.get $w))))
            (local.set $w (v128.load64_splat offset=24 (local.get $bt)))
            (local.set $x3 (f64x2.add (local.get $x3) (f64x2.mul (local.get $x) (local.get $w))))
            (local.set $y3 (f64x2.add (local.get $y3) (f64x2.mul (local.get $y) (local.get $w))))
            (local.set $bt (i32.add (local.get $bt) (i32.const 32)))
            (local.set $at (i32.add (local.get $at) (i32.const 32)))
            (br_if $steps (i32.lt_u (local.get $at) (local.get $end))))
          (call $add (local.get $ct) (local.get $x0) (local.get $y0))
          (call $add (i32.add (local.get $ct) (local.get $column)) (local.get $x1) (local.get $y1))
          (call $add (i32.add (local.get $ct) (i32.shl (local.get $column) (i32.const 1))) (local.get $x2) (local.get $y2))
          (call $add (i32.add (local.get $ct) (i32.mul (local.get $column) (i32.const 3))) (local.get $x3) (local.get $y3))
          (local.set $ct (i32.add (local.get $ct) (i32.const 32)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $tiles (i32.lt_s (local.get $i) (local.get $limit))))))
      (local.set $b (i32.add (local.get $b) (local.get $panel)))
      (local.set $c (i32.add (local.get $c) (i32.shl (local.get $column) (i32.const 2))))
      (local.set $j (i32.add (local.get $j) (i32.const 1)))
      (br_if $columns (i32.lt_s (local.get $j) (local.get $cols)))))

  ;; Four numbers at $to += x, y.
  (func $add (param $to i32) (param $x v128) (param $y v128)
    (v128.store (local.get $to) (f64x2.add (v128.load (local.get $to)) (local.get $x)))
    (v128.store offset=16 (local.get $to) (f64x2.add (v128.load offset=16 (local.get $to)) (local.get $y))))

  ;; One pass of Jacobi rotations over all pairs of columns: see jacobi.ts. Answers whether any pair had to be turned.
  ;;   x: $n columns of $height bytes, of which the first $upper are made orthogonal; both multiples of 32
  ;;   norms: memory for $n squared lengths
  ;;   tolerance: square of the cosine that counts as zero
  (func (export "sweepColumns")
    (param $x i32) (param $norms i32) (param $n i32) (param $upper i32) (param $height i32) (param $tolerance f64)
    (result i32)
    (local $i i32) (local $j i32) (local $xi i32) (local $xj i32) (local $ni i32) (local $nj i32) (local $turned i32)
    (local $cross f64) (local $zeta f64) (local $tan f64) (local $cos f64)
    (local.set $xi (local.get $x))
    (local.set $ni (local.get $norms))
    (loop $lengths
      (f64.store (local.get $ni) (call $dot (local.get $xi) (local.get $xi) (local.get $upper)))
      (local.set $xi (i32.add (local.get $xi) (local.get $height)))
      (local.set $ni (i32.add (local.get $ni) (i32.const 8)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $lengths (i32.lt_s (local.get $i) (local.get $n))))

    (local.set $i (i32.const 0))
    (local.set $xi (local.get $x))
    (local.set $ni (local.get $norms))
    (loop $first
      (local.set $j (i32.add (local.get $i) (i32.const 1)))
      (local.set $xj (local.get $xi))
      (local.set $nj (local.get $ni))
      (block $row
        (loop $second
          (br_if $row (i32.ge_s (local.get $j) (local.get $n)))
          (local.set $xj (i32.add (local.get $xj) (local.get $height)))
          (local.set $nj (i32.add (local.get $nj) (i32.const 8)))
          (local.set $j (i32.add (local.get $j) (i32.const 1)))
          (local.set $cross (call $dot (local.get $xi) (local.get $xj) (local.get $upper)))
          (br_if $second
            (f64.le
              (f64.mul (local.get $cross) (local.get $cross))
              (f64.mul (f64.mul (local.get $tolerance) (f64.load (local.get $ni))) (f64.load (local.get $nj)))))
          (local.set $turned (i32.const 1))
          (local.set $zeta
            (f64.div
              (f64.sub (f64.load (local.get $nj)) (f64.load (local.get $ni)))
              (f64.mul (f64.const 2) (local.get $cross))))
          (local.set $tan
            (f64.div
              (f64.copysign (f64.const 1) (local.get $zeta))
              (f64.add
                (f64.abs (local.get $zeta))
                (f64.sqrt (f64.add (f64.const 1) (f64.mul (local.get $zeta) (local.get $zeta)))))))
          (local.set $cos
            (f64.div
              (f64.const 1)
              (f64.sqrt (f64.add (f64.const 1) (f64.mul (local.get $tan) (local.get $tan))))))
          (call $rotate
            (local.get $xi) (local.get $xj) (local.get $height)
            (local.get $cos) (f64.mul (local.get $cos) (local.get $tan)))
          (local.set $cross (f64.mul (local.get $tan) (local.get $cross)))
          (f64.store (local.get $ni) (f64.sub (f64.load (local.get $ni)) (local.get $cross)))
          (f64.store (local.get $nj) (f64.add (f64.load (local.get $nj)) (local.get $cross)))
          (br $second)))
      (local.set $xi (i32.add (local.get $xi) (local.get $height)))
      (local.set $ni (i32.add (local.get $ni) (i32.const 8)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $first (i32.lt_s (local.get $i) (local.get $n))))
    (local.get $turned))

  ;; Sum of the products of two columns of $bytes.
  (func $dot (param $a i32) (param $b i32) (param $bytes i32) (result f64)
    (local $end i32) (local $s v128) (local $t v128)
    (local.set $end (i32.add (local.get $a) (local.get $bytes)))
    (loop $terms
      (local.set $s (f64x2.add (local.get $s) (f64x2.mul (v128.load (local.get $a)) (v128.load (local.get $b)))))
      (local.set $t
        (f64x2.add (local.get $t) (f64x2.mul (v128.load offset=16 (local.get $a)) (v128.load offset=16 (local.get $b)))))
      (local.set $a (i32.add (local.get $a) (i32.const 32)))
      (local.set $b (i32.add (local.get $b) (i32.const 32)))
      (br_if $terms (i32.lt_u (local.get $a) (local.get $end))))
    (local.set $s (f64x2.add (local.get $s) (local.get $t)))
    (f64.add (f64x2.extract_lane 0 (local.get $s)) (f64x2.extract_lane 1 (local.get $s))))

  ;; a, b <- cos a - sin b, sin a + cos b
  (func $rotate (param $a i32) (param $b i32) (param $bytes i32) (param $cos f64) (param $sin f64)
    (local $end i32) (local $c v128) (local $s v128) (local $x v128) (local $y v128)
    (local.set $c (f64x2.splat (local.get $cos)))
    (local.set $s (f64x2.splat (local.get $sin)))
    (local.set $end (i32.add (local.get $a) (local.get $bytes)))
    (loop $terms
      (local.set $x (v128.load (local.get $a)))
      (local.set $y (v128.load (local.get $b)))
      (v128.store (local.get $a) (f64x2.sub (f64x2.mul (local.get $c) (local.get $x)) (f64x2.mul (local.get $s) (local.get $y))))
      (v128.store (local.get $b) (f64x2.add (f64x2.mul (local.get $s) (local.get $x)) (f64x2.mul (local.get $c) (local.get $y))))
      (local.set $x (v128.load offset=16 (local.get $a)))
      (local.set $y (v128.load offset=16 (local.get $b)))
      (v128.store offset=16 (local.get $a)
        (f64x2.sub (f64x2.mul (local.get $c) (local.get $x)) (f64x2.mul (local.get $s) (local.get $y))))
      (v128.store offset=16 (local.get $b)
        (f64x2.add (f64x2.mul (local.get $s) (local.get $x)) (f64x2.mul (local.get $c) (local.get $y))))
      (local.set $a (i32.add (local.get $a) (i32.const 32)))
      (local.set $b (i32.add (local.get $b) (i32.const 32)))
      (br_if $terms (i32.lt_u (local.get $a) (local.get $end))))))
