//! Only plain data and roots live across an await: no object leaves the closure that a `Cx` is lent to.

use std::cell::Cell;
use std::rc::Rc;

use insula::prelude::*;
use insula::{AsyncCx, AsyncError};

#[insula::module]
mod m {
    use super::*;

    #[state]
    pub(crate) struct State<'py> {
        pub(crate) object: Obj<'py>,
    }

    #[exec]
    fn exec<'py>(module: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
        Ok(State { object: module.py().none() })
    }

    #[function]
    async fn plain(number: u64) -> u64 {
        std::future::ready(number).await
    }
}

type Own<'a> = AsyncCx<m::State<'a>>;

async fn object(cx: Own<'static>) -> Result<bool, AsyncError> {
    let object = cx.with(|cx| Ok(cx.state().object.clone()))?; //~ ERROR lifetime may not live long enough
    std::future::ready(()).await;
    Ok(object.is_none())
}

async fn context(cx: Own<'static>) -> Result<(), AsyncError> {
    let kept = cx.with(|cx| Ok(cx))?; //~ ERROR lifetime may not live long enough
    std::future::ready(()).await;
    drop(kept);
    Ok(())
}

async fn outside(cx: Own<'static>) -> Result<(), AsyncError> {
    let mut kept: Option<Obj<'static>> = None;
    cx.with(|cx| { //~ ERROR closure may outlive the current function
        kept = Some(cx.py().none()); //~ ERROR borrowed data escapes
        Ok(())
    })
}

fn taken<'py>(cx: Own<'static>, object: Obj<'py>) {
    let _ = cx.with(move |_| Ok(object.is_none())); //~ ERROR borrowed data escapes
}

#[insula::module]
mod threads {
    use super::*;

    #[state]
    struct State;

    #[function]
    async fn shared() { //~ ERROR future cannot be sent between threads safely
        let shared = Rc::new(Cell::new(0));
        std::future::ready(()).await;
        shared.set(1);
    }
}

#[insula::module]
mod results {
    use super::*;

    struct NoObject;

    #[function]
    async fn of_rust() -> NoObject { //~ ERROR `NoObject` cannot be the result of this function
        NoObject
    }
}
