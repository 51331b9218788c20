//! There is no `&mut self`: Python may hold other references to the object.

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class]
    struct C {
        n: u64,
    }

    #[methods]
    impl C {
        fn bump(&mut self) -> u64 { //~ ERROR use `&self`
            self.n += 1;
            self.n
        }
    }
}
