//! Whether this thread has detached.

/// Before 3.12 CPython tells which thread state is attached, not on which thread: there we keep count of the detached
/// ones.
#[cfg(all(feature = "checked", not(Py_3_12)))]
mod kept {
    use std::cell::Cell;

    thread_local!(static AWAY: Cell<bool> = const { Cell::new(false) });

    pub(in crate::thread::checked) fn is_away() -> bool {
        AWAY.try_with(Cell::get).unwrap_or(false)
    }

    /// Whether this thread is away, until this is dropped.
    pub(crate) struct Away(bool);

    impl Away {
        pub(crate) fn now(away: bool) -> Self {
            Away(AWAY.try_with(|before| before.replace(away)).unwrap_or(false))
        }
    }

    impl Drop for Away {
        fn drop(&mut self) {
            let _ = AWAY.try_with(|away| away.set(self.0));
        }
    }
}

#[cfg(not(all(feature = "checked", not(Py_3_12))))]
mod kept {
    #[cfg(feature = "checked")]
    pub(in crate::thread::checked) fn is_away() -> bool {
        false
    }

    /// CPython knows.
    pub(crate) struct Away;

    impl Away {
        #[inline(always)]
        pub(crate) fn now(_: bool) -> Self {
            Away
        }
    }
}

pub(crate) use kept::Away;
#[cfg(feature = "checked")]
pub(super) use kept::is_away;
