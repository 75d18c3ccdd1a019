import { Body, Controller, HttpCode, Post } from '@nestjs/common';

/** What a request costs by itself: the body is read, and an answer of the same shape as the other routes' is given. */
@Controller()
export class NothingController {
  @Post('nothing')
  @HttpCode(202)
  async nothing(@Body() _payload: unknown) {
    return { jobId: 'no job at all, but as many letters' };
  }
}
