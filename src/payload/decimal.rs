/// Appends a number's digits, without going through `format!`.
pub fn push_decimal(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_digits_of_a_number() {
        for number in [0, 9, 10, 65_535, u64::MAX] {
            let mut out = b"n=".to_vec();
            push_decimal(number, &mut out);
            assert_eq!(out, format!("n={number}").into_bytes());
        }
    }
}
