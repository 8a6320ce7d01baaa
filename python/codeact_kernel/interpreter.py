import ast,sys,traceback
class Interpreter:
    def __init__(self,emit,ask=None):
        self.emit=emit; self.namespace={"__name__":"__main__"}
        class S:
            def write(s,t):
                if t: emit({"type":"stream","name":"stdout","text":t})
            def flush(s): pass
        self.s=S()
    def run(self,src):
        sys.stdout=self.s
        try:
            tree=ast.parse(src)
            last=None
            if tree.body and isinstance(tree.body[-1],ast.Expr): last=ast.Expression(tree.body.pop().value)
            exec(compile(tree,"c","exec"),self.namespace)
            if last is not None:
                v=eval(compile(last,"c","eval"),self.namespace)
                if v is not None: self.emit({"type":"value","data":{"text/plain":repr(v)}})
            return "ok"
        except KeyboardInterrupt:
            return "interrupted"
        except BaseException as e:
            self.emit({"type":"error","error":{"name":type(e).__name__,"message":str(e),"traceback":traceback.format_exc(),"frames":[]}})
            return "error"
